// Many seeds, one after the other in this process, or over the cores in processes of their own: each is given a few seeds
// in a row and prints an outcome a line. A child that dies has failed its seed, and another goes on behind it.

import type { Clock } from "../../../lib/clock.ts";
import type { Io } from "../../command/io.ts";
import { commandFor, wordsFor } from "./asked.ts";
import { runSeed, type SeedOutcome } from "./run-seed.ts";
import type { SimulationAsked, Simulator } from "./simulator.ts";

/** So many seeds in a row are one child's: a start costs a second, and the last child should not be waited for alone. */
const mostInARow = 25;
/** Every so many seeds are run twice: determinism is checked all along, at a twentieth of the cost. */
const repeatedEvery = 20;

export interface RunSeedsOptions {
  /** Of the first seed. */
  asked: SimulationAsked;
  count: number;
  /** Each seed, not one in twenty. */
  twice: boolean;
  shrink: boolean;
  /** Aborted: what is under way ends, and this rejects with the signal's reason. */
  signal: AbortSignal;
  onOutcome: (outcome: SeedOutcome) => Promise<void>;
}

export async function runSeedsHere(
  { asked, count, twice, onOutcome, ...rest }: RunSeedsOptions,
  simulator: Simulator,
  clock: Clock,
): Promise<void> {
  for (let seed = asked.seed; seed < asked.seed + count; seed++) {
    const again = twice || seed % repeatedEvery === 0;
    await onOutcome(await runSeed({ ...rest, simulator, clock, asked: { ...asked, seed }, twice: again }));
  }
}

export async function runSeedsOver(options: RunSeedsOptions, io: Io, jobs: number): Promise<void> {
  const { asked, count, signal } = options;
  const inARow = Math.max(1, Math.min(mostInARow, Math.ceil(count / jobs / 4)));
  const end = asked.seed + count;
  let next = asked.seed;
  const work = async (): Promise<void> => {
    while (next < end) {
      const seed = next;
      next = Math.min(end, next + inARow);
      await runRow(options, io, seed, next);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  signal.throwIfAborted();
}

/** Seeds of [from, to): by one child, and where that dies by another behind it. */
async function runRow(options: RunSeedsOptions, io: Io, from: number, to: number): Promise<void> {
  const { asked, signal, onOutcome } = options;
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
      if (seed < to) await onOutcome(died({ ...asked, seed: seed++ }, ending));
    } finally {
      signal.removeEventListener("abort", kill);
      child.kill();
    }
  }
}

function wordsOfChild({ asked, twice, shrink }: RunSeedsOptions, seed: number, seeds: number): string[] {
  const words = ["sim", "--seed", String(seed), "--seeds", String(seeds), "--jobs", "1", "-o", "json"];
  return [...words, ...wordsFor(asked), ...(twice ? ["--twice"] : []), ...(shrink ? ["--shrink"] : [])];
}

/** A process that ended under way takes what it knew of its run with it. */
function died(asked: SimulationAsked, ending: string): SeedOutcome {
  const message = `the process that ran it ${ending}`;
  return {
    seed: asked.seed,
    verdict: "crash",
    failure: { class: "crash", checker: "process", message, atMs: 0 },
    command: commandFor(asked, null),
    shrinkRuns: 0,
    repeated: false,
    report: null,
  };
}
