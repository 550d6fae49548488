// Runs one seed, optionally twice to compare, and optionally shrinks a failure. Returns the outcome and prints nothing.

import type { Clock } from "../../../lib/clock.ts";
import { limits } from "../../../model/limits.ts";
import { commandFor } from "./sim-input.ts";
import type { OnProgress, SimulationFailure, SimulationInput, SimulationReport, Simulator } from "./simulator.ts";

export interface SeedOutcome {
  seed: number;
  verdict: "ok" | SimulationFailure["class"];
  failure: SimulationFailure | null;
  /** The command that repeats the failure. Null if there is none. */
  command: string | null;
  /** Runs that shrinking took; 0 without shrinking. */
  shrinkRuns: number;
  /** True when it ran twice with the same result. */
  repeated: boolean;
  /** Null if its process died. */
  report: SimulationReport | null;
}

export interface RunSeedOptions {
  simulator: Simulator;
  input: SimulationInput;
  twice: boolean;
  shrink: boolean;
  clock: Clock;
  /** When it aborts, the run ends at its next progress call, and runSeed rejects with the reason of the signal. */
  signal: AbortSignal;
  onProgress?: OnProgress;
  trace?: ((line: string) => void) | undefined;
}

export async function runSeed(options: RunSeedOptions): Promise<SeedOutcome> {
  const { simulator, input, twice, shrink, signal, trace } = options;
  const onProgress = progressOf(options);
  const report = await simulator.run(input, { trace, onProgress });
  signal.throwIfAborted();
  if (twice) {
    const { hash } = await simulator.run(input, { onProgress });
    signal.throwIfAborted();
    if (hash !== report.hash) return outcomeOf(input, differing(report, hash), " --twice");
  }
  const outcome = { ...outcomeOf(input, report), repeated: twice };
  if (!shrink || report.failure === null) return outcome;
  return { ...outcome, ...(await shrunk(options, report)) };
}

/** The function that it returns throws after an abort, which ends the run. */
function progressOf({ signal, onProgress }: RunSeedOptions): OnProgress {
  return (virtualMs, plan) => {
    signal.throwIfAborted();
    onProgress?.(virtualMs, plan);
  };
}

function outcomeOf(input: SimulationInput, report: SimulationReport, more = ""): SeedOutcome {
  const { failure, plan } = report;
  return {
    seed: input.seed,
    verdict: failure?.class ?? "ok",
    failure,
    command: failure && commandFor(input, plan) + more,
    shrinkRuns: 0,
    repeated: false,
    report,
  };
}

function differing(report: SimulationReport, hash: string): SimulationReport {
  const message = `two runs of the same seed gave different hashes: ${report.hash} and ${hash}`;
  return { ...report, failure: { class: "crash", checker: "determinism", message, atMs: report.virtualMs } };
}

async function shrunk(options: RunSeedOptions, failed: SimulationReport): Promise<Partial<SeedOutcome>> {
  const { simulator, input, clock, signal } = options;
  const deadline = clock.elapsed() + limits.simulationShrinkMs;
  const { report, runs, ...smaller } = await simulator.shrink(input, failed, {
    maxRuns: limits.simulationShrinkRuns,
    hasTime: () => !signal.aborted && clock.elapsed() < deadline,
    onProgress: progressOf(options),
  });
  signal.throwIfAborted();
  return { failure: report.failure, command: commandFor(smaller.input, report.plan), shrinkRuns: runs, report };
}
