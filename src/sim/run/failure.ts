// How a simulated run can fail.

/**
 * safety: something happened that must never happen. liveness: something that must happen did not, in its time. crash: the
 * code under test noticed a broken invariant by itself.
 */
export type FailureClass = "safety" | "liveness" | "crash";

export interface Failure {
  class: FailureClass;
  /** The checker that found it, or "crash" or "convergence". */
  checker: string;
  message: string;
  /** ms of virtual time. */
  atMs: number;
}
