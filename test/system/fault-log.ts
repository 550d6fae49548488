// What a test has broken, where and from when to when: the only excuse that a task may have for another end than its own.
// Test support.

export type FaultKind =
  | "worker killed"
  | "master killed"
  | "engine killed"
  | "engine killed, live-restore"
  | "cable cut";

/**
 * `host` is null for the master. Times are of the test's own clock, in ms: `toMs` is when what was broken was mended,
 * `wholeMs` when all was as before.
 */
export type Fault = { kind: FaultKind; host: string | null; fromMs: number; toMs: number; wholeMs: number };

/** A worker that is back sooner than this cannot have been taken for lost. */
const SHORT_OUTAGE_MS = 2_000;
/** What a fault has set going (a lease that runs out, an engine that ends its containers) may end so much later. */
const AFTERMATH_MS = 10_000;

export class FaultLog {
  readonly faults: Fault[] = [];

  /** Notes a fault while it lasts. */
  async during(
    kind: FaultKind,
    host: string | null,
    breakAndMend: () => Promise<void>,
    whole: () => Promise<void>,
  ): Promise<void> {
    const forEver = Number.POSITIVE_INFINITY;
    const fault: Fault = { kind, host, fromMs: performance.now(), toMs: forEver, wholeMs: forEver };
    this.faults.push(fault);
    await breakAndMend();
    fault.toMs = performance.now();
    await whole();
    fault.wholeMs = performance.now();
  }

  /** May a node have been lost, as far as a task is concerned that lived from then to then? */
  excusesLoss(host: string | null, fromMs: number, toMs: number): boolean {
    return this.#touching(host, fromMs, toMs).some(
      ({ kind, fromMs, toMs }) =>
        kind === "cable cut" || (kind === "worker killed" && toMs - fromMs >= SHORT_OUTAGE_MS),
    );
  }

  /** May its container have been ended by its engine? With live-restore an engine has no such excuse. */
  excusesEngine(host: string | null, fromMs: number, toMs: number): boolean {
    return this.#touching(host, fromMs, toMs).some(({ kind }) => kind === "engine killed");
  }

  /** May its engine have crashed meanwhile, with live-restore or without? */
  excusesCrash(host: string | null, fromMs: number, toMs: number): boolean {
    return this.#touching(host, fromMs, toMs).some(({ kind }) => kind.startsWith("engine killed"));
  }

  /** May a restart have gone uncounted? A worker that is killed takes the count with it that it was about to report. */
  uncountedRestarts(host: string | null, fromMs: number, toMs: number): number {
    return this.#touching(host, fromMs, toMs).filter(({ kind }) => kind === "worker killed").length;
  }

  #touching(host: string | null, fromMs: number, toMs: number): Fault[] {
    return this.faults.filter(
      (fault) => fault.host === host && fault.fromMs <= toMs && fault.wholeMs + AFTERMATH_MS >= fromMs,
    );
  }

  get hasKilledEngines(): boolean {
    return this.faults.some(({ kind }) => kind.startsWith("engine killed"));
  }

  /** How many of each kind, in a sentence. */
  summary(): string {
    const counts = Map.groupBy(this.faults, ({ kind }) => kind);
    return [...counts].map(([kind, faults]) => `${faults.length} x ${kind}`).join(", ") || "none";
  }
}
