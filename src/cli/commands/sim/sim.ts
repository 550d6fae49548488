// podling sim: a whole cluster from one seed, or many. Reads its flags and shows what came of it; the simulation itself is
// handed in.

import { limits } from "../../../model/limits.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { jsonLine } from "../../render/json.ts";
import { failedSeed, seedReport, totalsReport } from "../../render/simulation.ts";
import { askedFrom, seedCount } from "./asked.ts";
import { SimulationProgress } from "./progress.ts";
import { runSeed, type SeedOutcome } from "./run-seed.ts";
import { runSeedsHere, runSeedsOver } from "./run-seeds.ts";
import { faultGroupNames, type SimulationAsked } from "./simulator.ts";
import { Totals } from "./totals.ts";
import { TraceFile } from "./trace-file.ts";

export const sim: Command = {
  name: "sim",
  summary: "Run a whole simulated cluster from a seed, break it, and check it",
  usage: "[flags]",
  description: [
    "The real master and workers on virtual time, with a simulated network, disk, engines and clients, all drawn from the seed. First anything may break, and nothing wrong may be seen; then all heals, and the cluster must come to rest. The same seed and the same release give the same run, to the last event.",
    "A failure says which checker found it, and the one command that repeats it. The exit code says how a run failed: 10 safety, 11 liveness, 12 crash; of several the worst.",
    "It needs no master and no engine, and touches nothing on this machine.",
  ],
  flags: [
    { long: "seed", value: "N", description: "which run; with --seeds the first of them", default: "1" },
    { long: "nodes", value: "N", description: "workers; left out, the seed says" },
    { long: "hours", value: "H", description: "virtual time in which things break; 0.1 if left out" },
    {
      long: "faults",
      value: "GROUPS",
      description: `all, none, or some of ${faultGroupNames.join(", ")}, with commas between`,
      default: "all",
      completes: ["all", "none", ...faultGroupNames],
    },
    { long: "keep", value: "NUMBERS", description: "of the faults that are drawn only these, such as 3,7,12" },
    { long: "seeds", value: "N", description: "run so many, from --seed on, over the cores" },
    { long: "jobs", value: "N", description: "processes for --seeds; one for each core if left out" },
    {
      long: "twice",
      description: "run twice, and fail unless both are the same; without it one seed in 20 of --seeds",
    },
    { long: "shrink", description: "make a failing run smaller before its command is printed" },
    { long: "trace", value: "FILE", description: "write what happens, a line each, to be read", completes: "files" },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling sim --seed 42 --nodes 50 --hours 24", "a day of fifty nodes"],
    ["podling sim --seeds 1000 --shrink", "a thousand clusters, over all cores"],
    ["podling sim --seed 42 --faults crash,disk --trace run.log", "what happened, to be read"],
  ],
  run(context) {
    const { flags } = context;
    const asked = askedFrom(flags);
    const count = seedCount(flags, asked);
    const jobs = flags.integer("jobs", 1, limits.simulationJobs) ?? context.io.cores;
    if (count === undefined) {
      if (flags.given("jobs")) throw new UsageError("--jobs is for many seeds", "Give --seeds N, too.");
      return one(context, asked);
    }
    for (const flag of ["keep", "trace"]) {
      if (flags.given(flag)) throw new UsageError(`--${flag} is for one seed`, "Leave out --seeds.");
    }
    return many(context, asked, count, jobs);
  },
};

async function one(context: Context, asked: SimulationAsked): Promise<number> {
  const { flags, io } = context;
  const simulator = await context.roles.simulator();
  const trace = flags.given("trace") ? new TraceFile(context, flags.text("trace")!) : null;
  const progress = new SimulationProgress(context);
  const { signal } = progress;
  const ended = await untilAborted(signal, () =>
    runSeed({
      simulator,
      asked,
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

async function many(context: Context, asked: SimulationAsked, count: number, jobs: number): Promise<number> {
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
  const options = { asked, count, twice: flags.has("twice"), shrink: flags.has("shrink"), signal, onOutcome };
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
