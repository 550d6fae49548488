// Converts the flags of podling sim to the input of a simulation, and back to the command that repeats a run.

import { nearest } from "../../../lib/nearest-word.ts";
import { limits } from "../../../model/limits.ts";
import { UsageError } from "../../command/failure.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { type FaultGroupName, faultGroupNames, type SimulationInput, type SimulationPlan } from "./simulator.ts";

const hourMs = 3_600_000;
const lastSeed = 2 ** 32 - 1;

export function inputFrom(flags: FlagValues): SimulationInput {
  return {
    seed: flags.integer("seed", 0, lastSeed)!,
    nodes: flags.integer("nodes", 1, limits.simulatedNodes),
    hours: hours(flags.text("hours")),
    groups: groups(flags.text("faults")!),
    keep: keep(flags.text("keep")),
  };
}

/** The number of seeds from the first one. Undefined for a single run. */
export function seedCount(flags: FlagValues, { seed }: SimulationInput): number | undefined {
  const count = flags.integer("seeds", 1, limits.simulatedSeeds);
  if (count === undefined || seed + count - 1 <= lastSeed) return count;
  throw new UsageError(`--seeds: ${count} seeds from ${seed} go beyond the last seed, ${lastSeed}`);
}

/** Contains what the seed decided, so that it does not depend on how seeds are drawn. `plan` is null if it is unknown. */
export function commandFor(input: SimulationInput, plan: SimulationPlan | null): string {
  const { seed, groups, keep } = input;
  const nodes = plan?.nodes ?? input.nodes;
  const hours = input.hours ?? (plan && plan.durationMs / hourMs);
  const words = ["podling sim", `--seed ${seed}`];
  if (nodes !== undefined) words.push(`--nodes ${nodes}`);
  if (hours !== null) words.push(`--hours ${hours}`);
  if (groups.length === 0 || keep?.length === 0) words.push("--faults none");
  else {
    if (groups.length < faultGroupNames.length) words.push(`--faults ${groups.join(",")}`);
    if (keep) words.push(`--keep ${keep.join(",")}`);
  }
  return words.join(" ");
}

/** The arguments of child processes, except their seeds. */
export function wordsFor({ nodes, hours, groups }: SimulationInput): string[] {
  const words = ["--faults", groups.length === 0 ? "none" : groups.join(",")];
  if (nodes !== undefined) words.push("--nodes", String(nodes));
  if (hours !== undefined) words.push("--hours", String(hours));
  return words;
}

function hours(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= limits.simulatedHours) return value;
  const expected = `a number of hours above 0 and up to ${limits.simulatedHours}, such as 24 or 0.05`;
  throw new UsageError(`--hours: expected ${expected}; got ${JSON.stringify(text)}`);
}

function groups(text: string): readonly FaultGroupName[] {
  if (text === "all") return faultGroupNames;
  if (text === "none") return [];
  const names = new Set(text.split(","));
  for (const name of names) {
    if ((faultGroupNames as readonly string[]).includes(name)) continue;
    const near = nearest(name, [...faultGroupNames, "all", "none"]);
    throw new UsageError(
      `--faults: expected all, none, or a list of ${faultGroupNames.join(",")}; got ${JSON.stringify(text)}`,
      near ? `Did you mean ${near}?` : "",
    );
  }
  return faultGroupNames.filter((name) => names.has(name));
}

function keep(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}(,\d{1,9})*$/.test(text)) return text.split(",").map(Number);
  throw new UsageError(
    `--keep: expected numbers of faults such as 3,7,12; got ${JSON.stringify(text)}`,
    "The trace shows the number of each fault.",
  );
}
