// Proves that the simulation catches mistakes: every mutant must fail within 200 seeds that the unchanged source passes (or
// fail its unit tests), and every checker must be tripped by a mutant. Prints two tables; exits with 1 if one survives.
//
//   bun test/mutants/run.ts [--seeds N] [MUTANT ...]

import { availableParallelism } from "node:os";
import { checkers } from "../../src/sim/checkers/index.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { undrawn } from "./seeds.ts";
import { mutated, type RunResult, Workshop } from "./workshop.ts";

/** Three minutes of virtual time and the healing: most mistakes show, and two hundred of them take a minute. */
const hours = 0.05;
const mostSeeds = 200;
const limitMs = 15 * 60_000;
/** Found beside the checkers: the world did not come to rest, and the code noticed by itself. */
export const builtIn: readonly string[] = ["convergence", "crash"];

interface Verdict {
  mutant: Mutant;
  first: RunResult;
  /** Each checker that it names, by itself. */
  alone: Map<string, RunResult>;
}

async function main(words: string[]): Promise<number> {
  const seedsAt = words.indexOf("--seeds");
  const seeds = seedsAt < 0 ? mostSeeds : Number(words.splice(seedsAt, 2)[1]);
  const chosen = mutants.filter(({ name }) => words.length === 0 || words.includes(name));
  for (const mutant of mutants) mutated(mutant); // before anything is run: a mutant that does not fit is an error
  const workshop = new Workshop();
  const stop = () => {
    workshop.close();
    process.exit(130);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    const sound = (await passes(workshop, seeds)) && (await testsPass(workshop, chosen));
    if (!sound) return 1;
    const verdicts = await inParallel(chosen, (mutant) => tryMutant(workshop, mutant, seeds));
    return report(verdicts, words.length === 0);
  } finally {
    workshop.close();
  }
}

/** The source as it is must pass, or a mutant that fails proves nothing. */
async function passes(workshop: Workshop, seeds: number): Promise<boolean> {
  const folder = workshop.copy(null);
  const share = Math.ceil(seeds / availableParallelism());
  const starts = Array.from({ length: Math.ceil(seeds / share) }, (_, index) => 1 + index * share);
  const results = await inParallel(starts, (from) =>
    workshop.run(folder, { from, to: Math.min(seeds, from + share - 1), hours, only: [], limitMs }),
  );
  workshop.remove(folder);
  const wrong = results.find(({ caught, broken }) => caught ?? broken);
  const seconds = Math.max(...results.map((result) => result.seconds));
  if (wrong) say(`The source as it is fails, so nothing can be proved: ${describe(wrong)}`);
  else say(`The source as it is passes ${seeds} seeds (${seconds.toFixed(0)} s).\n`);
  return !wrong;
}

/** So must the unit tests that mutants name, in a copy like theirs. */
async function testsPass(workshop: Workshop, chosen: readonly Mutant[]): Promise<boolean> {
  const files = [...new Set(chosen.flatMap(({ tests = [] }) => tests))];
  if (files.length === 0) return true;
  const folder = workshop.copy(null);
  const failed = await workshop.testsFail(folder, files, limitMs);
  workshop.remove(folder);
  if (failed === false) say(`The ${files.length} files of unit tests pass on the source as it is.\n`);
  else
    say(`Unit tests of the source as it is fail, so nothing can be proved: ${failed === true ? files : failed.broken}`);
  return failed === false;
}

async function tryMutant(workshop: Workshop, mutant: Mutant, seeds: number): Promise<Verdict> {
  const folder = workshop.copy(mutant);
  if (mutant.tests) return tryTests(workshop, mutant, folder, mutant.tests);
  const range = { from: 1, to: seeds, hours, limitMs };
  const only = mutant.caughtBy.filter((checker) => checker in undrawn);
  const first = await workshop.run(folder, { ...range, only });
  const alone = new Map<string, RunResult>();
  for (const checker of mutant.caughtBy) {
    const known = first.caught?.failure?.checker === checker;
    alone.set(checker, known ? first : await workshop.run(folder, { ...range, only: [checker] }));
  }
  workshop.remove(folder);
  process.stderr.write(`${mutant.name}: ${describe(first)}\n`);
  return { mutant, first, alone };
}

/** The result in the form of a seed's, so that both stand in one table. */
async function tryTests(
  workshop: Workshop,
  mutant: Mutant,
  folder: string,
  files: readonly string[],
): Promise<Verdict> {
  const startedAt = performance.now();
  const failed = await workshop.testsFail(folder, files, limitMs);
  workshop.remove(folder);
  const failure = { class: "unit test", checker: files.join(" "), message: "its tests fail", atMs: 0 };
  const seconds = (performance.now() - startedAt) / 1000;
  const broken = typeof failed === "object" ? failed.broken : null;
  const first = { caught: failed === true ? { seed: 0, failure } : null, seedsRun: 0, seconds, broken };
  const words = broken ? `its tests do not run: ${broken}` : failed ? "its tests fail" : "its tests pass";
  process.stderr.write(`${mutant.name}: ${words}\n`);
  return { mutant, first, alone: new Map() };
}

function describe({ caught, broken, seedsRun }: RunResult): string {
  if (caught?.failure) return `seed ${caught.seed}: ${caught.failure.checker}: ${caught.failure.message.slice(0, 200)}`;
  return broken === null ? `survived ${seedsRun} seeds` : `ended after ${seedsRun} seeds: ${broken}`;
}

/** The exit code. */
function report(verdicts: readonly Verdict[], all: boolean): number {
  const problems: string[] = [];
  const rows = verdicts.map(({ mutant, first, alone }) => {
    if (!first.caught) problems.push(`${mutant.name} is not caught: ${describe(first)}`);
    for (const [checker, result] of alone)
      if (!result.caught) problems.push(`${mutant.name} is not caught by ${checker} alone: ${describe(result)}`);
    const by = first.caught?.failure;
    const caught = by ? `${by.checker} (${by.class})` : "-";
    return [mutant.name, caught, String(first.caught?.seed ?? "-"), String(first.seedsRun), first.seconds.toFixed(1)];
  });
  say(table(["mutant", "caught by", "seed", "seeds run", "seconds"], rows));
  const tripped = [...checkers.map(({ name }) => name), ...builtIn].map((checker) => {
    const first = verdicts.filter((one) => one.first.caught?.failure?.checker === checker);
    const alone = verdicts.filter((one) => !first.includes(one) && one.alone.get(checker)?.caught);
    if (all && first.length + alone.length === 0) problems.push(`no mutant trips ${checker}`);
    return [checker, names(first), names(alone)];
  });
  say(table(["checker", "first to catch", "catches alone"], tripped));
  const caught = verdicts.filter(({ first }) => first.caught).length;
  say(`${caught} of ${verdicts.length} mutants are caught.`);
  for (const problem of problems) say(problem);
  return problems.length === 0 ? 0 : 1;
}

function names(verdicts: readonly Verdict[]): string {
  return verdicts.map(({ mutant }) => mutant.name).join(", ") || "-";
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line), ""].join("\n");
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at]!);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
