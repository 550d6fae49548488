// The words of podling sim as what is to be simulated, and back again: the one command that repeats a run.

import { limits } from "../../../model/limits.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flags } from "../../command/flags.ts";
import { nearest } from "../../command/suggest.ts";
import { type FaultGroupName, faultGroupNames, type SimulationAsked, type SimulationPlan } from "./simulator.ts";

const hourMs = 3_600_000;
const lastSeed = 2 ** 32 - 1;

export function askedFrom(flags: Flags): SimulationAsked {
  return {
    seed: flags.integer("seed", 0, lastSeed)!,
    nodes: flags.integer("nodes", 1, limits.simulatedNodes),
    hours: hours(flags.text("hours")),
    groups: groups(flags.text("faults")!),
    keep: keep(flags.text("keep")),
  };
}

/** How many seeds from the first one on; undefined: that one alone. */
export function seedCount(flags: Flags, { seed }: SimulationAsked): number | undefined {
  const count = flags.integer("seeds", 1, limits.simulatedSeeds);
  if (count === undefined || seed + count - 1 <= lastSeed) return count;
  throw new UsageError(`--seeds: ${count} seeds from ${seed} on end beyond ${lastSeed}, the last one`);
}

/** With all that the seed drew said in words, so that it does not depend on how that is drawn. Null: it is not known. */
export function commandFor(asked: SimulationAsked, plan: SimulationPlan | null): string {
  const { seed, groups, keep } = asked;
  const nodes = plan?.nodes ?? asked.nodes;
  const hours = asked.hours ?? (plan && plan.durationMs / hourMs);
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

/** The words that children of one run are given, beside their seeds. */
export function wordsFor({ nodes, hours, groups }: SimulationAsked): string[] {
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
  const asked = new Set(text.split(","));
  for (const name of asked) {
    if ((faultGroupNames as readonly string[]).includes(name)) continue;
    const near = nearest(name, [...faultGroupNames, "all", "none"]);
    throw new UsageError(
      `--faults: expected all, none, or some of ${faultGroupNames.join(",")}; got ${JSON.stringify(text)}`,
      near ? `Did you mean ${near}?` : "",
    );
  }
  return faultGroupNames.filter((name) => asked.has(name));
}

function keep(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}(,\d{1,9})*$/.test(text)) return text.split(",").map(Number);
  throw new UsageError(
    `--keep: expected numbers of faults such as 3,7,12; got ${JSON.stringify(text)}`,
    "The trace names each fault by its number.",
  );
}
