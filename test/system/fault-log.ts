// The faults that a test has caused: what, on which host, and when. Only these explain an unexpected end. Test support.

export type FaultKind =
  | "worker killed"
  | "master killed"
  | "engine killed"
  | "engine killed, live-restore"
  | "cable cut";

/**
 * `host` is null for the master. Times are in ms of the test's own clock: `toMs` is when the fault was undone, `wholeMs`
 * when the cluster was healthy again.
 */
export type Fault = { kind: FaultKind; host: string | null; fromMs: number; toMs: number; wholeMs: number };

/** A worker that is back sooner than this cannot have been declared lost. */
const SHORT_OUTAGE_MS = 2_000;
/** How long after a fault its effects may still show (a lease that runs out, an engine that ends its containers). */
const AFTERMATH_MS = 10_000;

export class FaultLog {
  readonly faults: Fault[] = [];
  /**
   * The containers that an engine was starting when it was killed, for the first time or again, by their whole ids. It has
   * forgotten that start, and Docker then does not end the program, not even when the container is removed by force.
   */
  readonly forgotten = new Set<string>();

  /** Records a fault with its times. */
  async during(
    kind: FaultKind,
    host: string | null,
    breakAndRepair: () => Promise<void>,
    whole: () => Promise<void>,
  ): Promise<void> {
    const never = Number.POSITIVE_INFINITY;
    const fault: Fault = { kind, host, fromMs: performance.now(), toMs: never, wholeMs: never };
    this.faults.push(fault);
    await breakAndRepair();
    fault.toMs = performance.now();
    await whole();
    fault.wholeMs = performance.now();
  }

  /** True when the host may have been declared lost in this time. */
  excusesLoss(host: string | null, fromMs: number, toMs: number): boolean {
    return this.#touching(host, fromMs, toMs).some(
      ({ kind, fromMs, toMs }) =>
        kind === "cable cut" || (kind === "worker killed" && toMs - fromMs >= SHORT_OUTAGE_MS),
    );
  }

  /** True when an engine without live-restore was killed, which ends its containers. */
  excusesEngine(host: string | null, fromMs: number, toMs: number): boolean {
    return this.#touching(host, fromMs, toMs).some(({ kind }) => kind === "engine killed");
  }

  /** True when the host's engine was killed, with live-restore or without. `aftermathMs`: how long after it that still counts. */
  excusesCrash(host: string | null, fromMs: number, toMs: number, aftermathMs = AFTERMATH_MS): boolean {
    return this.#touching(host, fromMs, toMs, aftermathMs).some(({ kind }) => kind.startsWith("engine killed"));
  }

  /** How many restarts may be missing from the count: a killed worker loses the one that it was about to report. */
  uncountedRestarts(host: string | null, fromMs: number, toMs: number): number {
    return this.#touching(host, fromMs, toMs).filter(({ kind }) => kind === "worker killed").length;
  }

  /**
   * How many starts may have run the program although the engine does not know it: one that is killed in the middle of a
   * start finds the container as created or exited, and the worker starts it again.
   */
  forgottenStarts(host: string | null, fromMs: number, toMs: number): number {
    return this.#touching(host, fromMs, toMs).filter(({ kind }) => kind.startsWith("engine killed")).length;
  }

  #touching(host: string | null, fromMs: number, toMs: number, aftermathMs = AFTERMATH_MS): Fault[] {
    return this.faults.filter(
      (fault) => fault.host === host && fault.fromMs <= toMs && fault.wholeMs + aftermathMs >= fromMs,
    );
  }

  /** How many of each kind, in a sentence. */
  summary(): string {
    const counts = Map.groupBy(this.faults, ({ kind }) => kind);
    return [...counts].map(([kind, faults]) => `${faults.length} x ${kind}`).join(", ") || "none";
  }
}
