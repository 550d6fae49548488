// Runs many seeds, in this process or in child processes on all cores. A child gets a range of seeds and prints one
// outcome per line. If a child dies, its current seed has failed, and another child takes the rest of the range.

import type { Clock } from "../../../lib/clock.ts";
import type { Io } from "../../command/io.ts";
import { runSeed, type SeedOutcome } from "./run-seed.ts";
import { commandFor, wordsFor } from "./sim-input.ts";
import type { SimulationInput, Simulator } from "./simulator.ts";

/** Seeds per child: a start takes a second, and a long range would leave cores idle at the end. */
const seedsPerChild = 25;
/** One in this many seeds is run twice, to check determinism at low cost. */
const repeatedEvery = 20;

export interface RunSeedsOptions {
  /** The input of the first seed. */
  input: SimulationInput;
  count: number;
  /** True when each seed runs twice, not only one in twenty. */
  twice: boolean;
  shrink: boolean;
  /** When it aborts, running seeds end, and the call rejects with the reason of the signal. */
  signal: AbortSignal;
  onOutcome: (outcome: SeedOutcome) => Promise<void>;
}

export async function runSeedsHere(
  { input, count, twice, onOutcome, ...rest }: RunSeedsOptions,
  simulator: Simulator,
  clock: Clock,
): Promise<void> {
  for (let seed = input.seed; seed < input.seed + count; seed++) {
    const again = twice || seed % repeatedEvery === 0;
    await onOutcome(await runSeed({ ...rest, simulator, clock, input: { ...input, seed }, twice: again }));
  }
}

export async function runSeedsOver(options: RunSeedsOptions, io: Io, jobs: number): Promise<void> {
  const { input, count, signal } = options;
  const range = Math.max(1, Math.min(seedsPerChild, Math.ceil(count / jobs / 4)));
  const end = input.seed + count;
  let next = input.seed;
  const work = async (): Promise<void> => {
    while (next < end) {
      const seed = next;
      next = Math.min(end, next + range);
      await runRow(options, io, seed, next);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  signal.throwIfAborted();
}

/** Runs the seeds of [from, to) in one child, or more if one dies. */
async function runRow(options: RunSeedsOptions, io: Io, from: number, to: number): Promise<void> {
  const { input, signal, onOutcome } = options;
  for (let seed = from; seed < to; ) {
    signal.throwIfAborted();
    const child = io.spawn(wordsOfChild(options, seed, to - seed));
    const kill = () => child.kill();
    signal.addEventListener("abort", kill);
    try {
      for await (const line of child.lines) {
        const value = JSON.parse(line) as SeedOutcome | { totals: unknown };
        if ("totals" in value) continue;
        await onOutcome(value);
        seed++;
      }
      const ending = await child.ended;
      signal.throwIfAborted();
      if (seed < to) await onOutcome(died({ ...input, seed: seed++ }, ending));
    } finally {
      signal.removeEventListener("abort", kill);
      child.kill();
    }
  }
}

function wordsOfChild({ input, twice, shrink }: RunSeedsOptions, seed: number, seeds: number): string[] {
  const words = ["sim", "--seed", String(seed), "--seeds", String(seeds), "--jobs", "1", "-o", "json"];
  return [...words, ...wordsFor(input), ...(twice ? ["--twice"] : []), ...(shrink ? ["--shrink"] : [])];
}

/** The outcome of a seed whose process died: there is no report. */
function died(input: SimulationInput, ending: string): SeedOutcome {
  const message = `the process that ran it ${ending}`;
  return {
    seed: input.seed,
    verdict: "crash",
    failure: { class: "crash", checker: "process", message, atMs: 0 },
    command: commandFor(input, null),
    shrinkRuns: 0,
    repeated: false,
    report: null,
  };
}
