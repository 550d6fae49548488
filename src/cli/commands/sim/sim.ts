// podling sim: simulates a cluster from one seed, or many. Reads the flags and shows the results; main.ts passes the
// simulator.

import { limits } from "../../../model/limits.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { jsonLine } from "../../render/json.ts";
import { failedSeed, seedReport, totalsReport } from "../../render/simulation.ts";
import { SimulationProgress } from "./progress.ts";
import { runSeed, type SeedOutcome } from "./run-seed.ts";
import { runSeedsHere, runSeedsOver } from "./run-seeds.ts";
import { inputFrom, seedCount } from "./sim-input.ts";
import { faultGroupNames, type SimulationInput } from "./simulator.ts";
import { Totals } from "./totals.ts";
import { TraceFile } from "./trace-file.ts";

export const sim: Command = {
  name: "sim",
  summary: "Test Podling with a simulated cluster and random faults",
  usage: "[flags]",
  description: [
    "Runs the real master and workers on virtual time, with a simulated network, disk, engines and clients. The seed decides everything. First faults happen, while checkers look for errors; then the faults end, and the cluster must become stable. The same seed and release give the same run, event by event.",
    "A failure names the checker that found it and the command that repeats it. The exit code shows the kind of failure: 10 safety, 11 liveness, 12 crash; with several runs, the most serious one.",
    "It needs no master and no engine, and changes nothing on this machine.",
  ],
  flags: [
    { long: "seed", value: "N", description: "seed of the run, or of the first run with --seeds", default: "1" },
    { long: "nodes", value: "N", description: "number of workers; by default the seed decides" },
    { long: "hours", value: "H", description: "virtual hours with faults; by default 0.1" },
    {
      long: "faults",
      value: "GROUPS",
      description: `kinds of faults: all, none, or a comma-separated list of ${faultGroupNames.join(", ")}`,
      default: "all",
      completes: ["all", "none", ...faultGroupNames],
    },
    { long: "keep", value: "NUMBERS", description: "only these of the drawn faults, such as 3,7,12" },
    { long: "seeds", value: "N", description: "run this many seeds, starting with --seed, on all cores" },
    { long: "jobs", value: "N", description: "processes for --seeds; by default one per core" },
    {
      long: "twice",
      description: "run each seed twice and fail if the runs differ; --seeds does that for one seed in 20 anyway",
    },
    { long: "shrink", description: "reduce a failing run before its command is printed" },
    { long: "trace", value: "FILE", description: "write all events to this file, one per line", completes: "files" },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling sim --seed 42 --nodes 50 --hours 24", "simulate a day of fifty nodes"],
    ["podling sim --seeds 1000 --shrink", "simulate a thousand clusters on all cores"],
    ["podling sim --seed 42 --faults crash,disk --trace run.log", "write a trace"],
  ],
  run(context) {
    const { flags } = context;
    const input = inputFrom(flags);
    const count = seedCount(flags, input);
    const jobs = flags.integer("jobs", 1, limits.simulationJobs) ?? context.io.cores;
    if (count === undefined) {
      if (flags.given("jobs")) throw new UsageError("--jobs requires --seeds", "Add --seeds N.");
      return one(context, input);
    }
    for (const flag of ["keep", "trace"]) {
      if (flags.given(flag)) throw new UsageError(`--${flag} works with one seed only`, "Remove --seeds.");
    }
    return many(context, input, count, jobs);
  },
};

async function one(context: Context, input: SimulationInput): Promise<number> {
  const { flags, io } = context;
  const simulator = await context.roles.simulator();
  const trace = flags.given("trace") ? new TraceFile(context, flags.text("trace")!) : null;
  const progress = new SimulationProgress(context);
  const { signal } = progress;
  const ended = await untilAborted(signal, () =>
    runSeed({
      simulator,
      input,
      twice: flags.has("twice"),
      shrink: flags.has("shrink"),
      clock: io.clock,
      signal,
      onProgress: progress.showRun,
      trace: trace?.write,
    }),
  ).finally(() => progress.end());
  trace?.close();
  if (ended === aborted) return exitCodes.interrupted;
  if (context.output() === "json") await context.outJson(ended);
  else await context.out(seedReport(ended, context.style("stdout")));
  const { report, verdict } = ended;
  if (report) await progress.sayWork(report.virtualMs * report.plan.nodes);
  return exitCodeOf(verdict);
}

async function many(context: Context, input: SimulationInput, count: number, jobs: number): Promise<number> {
  const { flags, io } = context;
  const progress = new SimulationProgress(context);
  const totals = new Totals();
  const json = context.output() === "json";
  const style = context.style("stdout");
  const { signal } = progress;
  const onOutcome = async (outcome: SeedOutcome) => {
    totals.add(outcome);
    await progress.clear();
    if (json) await context.out(jsonLine(outcome));
    else if (outcome.failure) await context.out(failedSeed(outcome, style));
    await progress.showSeeds(totals, count);
  };
  const options = { input, count, twice: flags.has("twice"), shrink: flags.has("shrink"), signal, onOutcome };
  const ended = await untilAborted(signal, async () => {
    if (jobs > 1 && count > 1) return runSeedsOver(options, io, Math.min(jobs, count));
    return runSeedsHere(options, await context.roles.simulator(), io.clock);
  }).finally(() => progress.end());
  if (json) await context.out(jsonLine({ totals: totals.value() }));
  else await context.out(totalsReport(totals, style));
  await progress.sayWork(totals.nodeMs);
  return ended === aborted ? exitCodes.interrupted : exitCodeOf(totals.verdict);
}

const aborted = Symbol("Ctrl-C");

async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | typeof aborted> {
  try {
    return await work();
  } catch (error) {
    if (error === signal.reason) return aborted;
    throw error;
  }
}

function exitCodeOf(verdict: SeedOutcome["verdict"]): number {
  return verdict === "ok" ? exitCodes.done : exitCodes[verdict];
}
