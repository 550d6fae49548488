// One seed: run it, where asked run it again and compare, and where it failed make it smaller. What came of it is a
// value; who shows it does so elsewhere.

import type { Clock } from "../../../lib/clock.ts";
import { limits } from "../../../model/limits.ts";
import { commandFor } from "./asked.ts";
import type { OnProgress, SimulationAsked, SimulationFailure, SimulationReport, Simulator } from "./simulator.ts";

export interface SeedOutcome {
  seed: number;
  verdict: "ok" | SimulationFailure["class"];
  failure: SimulationFailure | null;
  /** Repeats the failure; null: there is none. */
  command: string | null;
  /** Runs that it took to make it smaller; 0: nobody asked for that, or nothing failed. */
  shrinkRuns: number;
  /** Run twice, and found to be the same. */
  repeated: boolean;
  /** Null: its process died. */
  report: SimulationReport | null;
}

export interface RunSeedOptions {
  simulator: Simulator;
  asked: SimulationAsked;
  twice: boolean;
  shrink: boolean;
  clock: Clock;
  /** Aborted: the run ends at its next progress, and this rejects with the signal's reason. */
  signal: AbortSignal;
  onProgress?: OnProgress;
  trace?: ((line: string) => void) | undefined;
}

export async function runSeed(options: RunSeedOptions): Promise<SeedOutcome> {
  const { simulator, asked, twice, shrink, signal, trace } = options;
  const onProgress = progressOf(options);
  const report = await simulator.run(asked, { trace, onProgress });
  signal.throwIfAborted();
  if (twice) {
    const { hash } = await simulator.run(asked, { onProgress });
    signal.throwIfAborted();
    if (hash !== report.hash) return outcomeOf(asked, differing(report, hash), " --twice");
  }
  const outcome = { ...outcomeOf(asked, report), repeated: twice };
  if (!shrink || report.failure === null) return outcome;
  return { ...outcome, ...(await shrunk(options, report)) };
}

/** What it throws ends the run. */
function progressOf({ signal, onProgress }: RunSeedOptions): OnProgress {
  return (virtualMs, plan) => {
    signal.throwIfAborted();
    onProgress?.(virtualMs, plan);
  };
}

function outcomeOf(asked: SimulationAsked, report: SimulationReport, more = ""): SeedOutcome {
  const { failure, plan } = report;
  return {
    seed: asked.seed,
    verdict: failure?.class ?? "ok",
    failure,
    command: failure && commandFor(asked, plan) + more,
    shrinkRuns: 0,
    repeated: false,
    report,
  };
}

function differing(report: SimulationReport, hash: string): SimulationReport {
  const message = `the same seed and the same code gave the hash ${report.hash}, and then ${hash}`;
  return { ...report, failure: { class: "crash", checker: "determinism", message, atMs: report.virtualMs } };
}

async function shrunk(options: RunSeedOptions, failed: SimulationReport): Promise<Partial<SeedOutcome>> {
  const { simulator, asked, clock, signal } = options;
  const deadline = clock.elapsed() + limits.simulationShrinkMs;
  const { report, runs, ...smaller } = await simulator.shrink(asked, failed, {
    mostRuns: limits.simulationShrinkRuns,
    mayGoOn: () => !signal.aborted && clock.elapsed() < deadline,
    onProgress: progressOf(options),
  });
  signal.throwIfAborted();
  return { failure: report.failure, command: commandFor(smaller.asked, report.plan), shrinkRuns: runs, report };
}
