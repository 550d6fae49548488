// Makes a failing plan smaller while it fails the same way: shorter, fewer faults, fewer nodes. It runs plans only through
// the function that it is given, and knows nothing of what happens in a run.

import { drawPlan, type Plan, type PlanOptions } from "../faults/plan.ts";
import type { Report } from "./report.ts";

export interface ShrinkOptions {
  /** The input of the run that failed. */
  input: PlanOptions;
  /** How it failed; every smaller plan must fail with the same class and checker. */
  report: Report;
  run(plan: Plan): Promise<Report>;
  maxRuns: number;
  /** Called before each run. False when there is no time for another one. */
  hasTime(): boolean;
}

/** What is left of the input: short enough for the command line, and it draws the same plan again. */
export interface Shrunk {
  input: PlanOptions;
  report: Report;
  runs: number;
}

const hourMs = 3_600_000;
/** Hours on a command line have so many parts: 0.36 s is fine enough, and four digits are short enough. */
const partsOfAnHour = 10_000;
/** Longer runs are drawn differently (see plan.ts), so that a cut across this border is another run altogether. */
const borderHours = 1;
/** After the last fault: what it set off needs a moment. */
const afterLastMs = 1000;

export async function shrink(options: ShrinkOptions): Promise<Shrunk> {
  const shrinker = new Shrinker(options);
  await shrinker.reduce();
  return shrinker.result();
}

/** The smallest input so far, with nothing left to the seed. */
interface Small {
  nodes: number;
  hours: number;
  keep: readonly number[];
}

class Shrinker {
  readonly #options: ShrinkOptions;
  #small: Small;
  #plan: Plan;
  #report: Report;
  #runs = 0;

  constructor(options: ShrinkOptions) {
    this.#options = options;
    this.#report = options.report;
    this.#plan = drawPlan(options.input);
    this.#small = {
      nodes: this.#plan.nodes,
      hours: options.input.hours ?? this.#plan.durationMs / hourMs,
      keep: indices(this.#plan),
    };
  }

  result(): Shrunk {
    return { input: this.#inputOf(this.#small), report: this.#report, runs: this.#runs };
  }

  /** Repeats until a whole round makes nothing smaller. */
  async reduce(): Promise<void> {
    for (let before: Small | null = null; before !== this.#small; ) {
      before = this.#small;
      await this.#shorten();
      await this.#dropFaults();
      await this.#dropNodes();
    }
  }

  /** A failure during the faults needs no time after it. A failure after the repair needs the time up to the last fault. */
  async #shorten(): Promise<void> {
    const { atMs } = this.#report.failure!;
    const { durationMs, faults } = this.#plan;
    if (atMs < durationMs) return void (await this.#tryHours([hoursOf(atMs + 1)]));
    const lastMs = (faults.at(-1)?.atMs ?? 0) + afterLastMs;
    const restMs = durationMs - lastMs;
    await this.#tryHours([0, 0.25, 0.5].map((share) => hoursOf(lastMs + restMs * share)));
  }

  async #tryHours(candidates: readonly number[]): Promise<void> {
    const { hours } = this.#small;
    const justAbove = borderHours + 1 / partsOfAnHour;
    const crosses = hours > justAbove && candidates[0]! <= borderHours;
    for (const shorter of crosses ? [justAbove, ...candidates] : candidates) {
      if (shorter < this.#small.hours && (await this.#try({ ...this.#small, hours: shorter }))) return;
    }
  }

  /** All at once; then ever smaller pieces; then one by one, until none can be left out. */
  async #dropFaults(): Promise<void> {
    if (this.#small.keep.length > 0 && (await this.#try({ ...this.#small, keep: [] }))) return;
    for (let size = Math.ceil(this.#small.keep.length / 2); size > 0; size = Math.ceil(size / 2)) {
      const before = this.#small.keep.length;
      for (let at = 0; at < this.#small.keep.length; ) {
        const keep = this.#small.keep.filter((_, position) => position < at || position >= at + size);
        if (!(await this.#try({ ...this.#small, keep }))) at += size;
      }
      if (size === 1 && this.#small.keep.length === before) return;
    }
  }

  /** The fewest first: small clusters run fastest. */
  async #dropNodes(): Promise<void> {
    for (let [nodes, next] = [1, 2]; nodes < this.#small.nodes; [nodes, next] = [next, nodes + next]) {
      if (await this.#try({ ...this.#small, nodes })) return;
    }
  }

  async #try(candidate: Small): Promise<boolean> {
    const { run, report, maxRuns, hasTime } = this.#options;
    if (this.#runs >= maxRuns || !hasTime()) return false;
    this.#runs++;
    const plan = drawPlan(this.#inputOf(candidate));
    const outcome = await run(plan);
    const same =
      outcome.failure?.class === report.failure!.class && outcome.failure.checker === report.failure!.checker;
    if (!same) return false;
    this.#small = { ...candidate, keep: indices(plan) };
    this.#plan = plan;
    this.#report = outcome;
    return true;
  }

  #inputOf(small: Small): PlanOptions {
    const { seed, groups } = this.#options.input;
    return { seed, groups, ...small };
  }
}

function indices({ faults }: Plan): number[] {
  return faults.map(({ index }) => index);
}

function hoursOf(ms: number): number {
  return Math.ceil((ms / hourMs) * partsOfAnHour) / partsOfAnHour;
}
