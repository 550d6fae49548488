// How long a heartbeat waits for its answer, and how many may fail.

import { limits } from "../../model/limits.ts";

/** One heartbeat may fail without a reason to worry: a request is lost, a connection was just closed. */
export const failuresOfSilence = 2;
/** So many heartbeats wait only briefly, so that they fit into a lease. After that the connection may be a slow one. */
export const quickTries = 3;

/** Twice the time of the last answer, within bounds. */
export function patienceAfter(tookMs: number): number {
  return Math.min(Math.max(limits.heartbeatMinMs, tookMs * 2), limits.reportPatienceMs);
}
