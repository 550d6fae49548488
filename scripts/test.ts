// Runs the tests: files that need nothing first, then those with real engines, hosts and processes, several at a time. Its
// last line is "N passed, N failed[, N skipped]", added up from the runner's own totals. It starts no engine and installs
// nothing (scripts/setup does).
//
//   bun scripts/test.ts [--coverage | --race] [file or part of its name ...]
//
// PODLING_TEST_LANES sets how many processes run at a time (default: one a core, at most 4).

import { availableParallelism } from "node:os";
import { type Ran, runUnit, stopAll } from "./test/run-unit.ts";
import { findTests, raceUnits, type Unit, unitsOf } from "./test/units.ts";

const MAX_LANES = 4;
const SLOWEST = 15;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

function laneCount(): number {
  const asked = Number(process.env.PODLING_TEST_LANES);
  return asked >= 1 ? asked : Math.min(availableParallelism(), MAX_LANES);
}

/** The name of the file of each failed test is in the output above it; this says how each unit ended. */
function report(ran: Ran, live: boolean): void {
  if (!live) process.stdout.write(ran.output);
  const skipped = ran.skipped > 0 ? `, ${ran.skipped} skipped` : "";
  say(`== ${ran.unit.title}: ${ran.passed} passed, ${ran.failed} failed${skipped} in ${seconds(ran.ms)}`);
}

/** Runs units in `lanes` lanes; units that must run alone come at the end. */
async function runAll(units: Unit[], lanes: number, flagsOf: (number: number) => string[]): Promise<Ran[]> {
  const done: Ran[] = [];
  let number = 0;
  const lane = async (queue: Unit[], live: boolean): Promise<void> => {
    for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
      say(live ? `\n== ${unit.title}` : `-- ${unit.title} started`);
      const ran = await runUnit(unit, flagsOf(++number), live);
      done.push(ran);
      report(ran, live);
    }
  };
  const together = units.filter(({ alone }) => !alone);
  const live = lanes === 1 || together.length <= 1;
  await Promise.all(Array.from({ length: Math.min(lanes, together.length) }, () => lane(together, live)));
  await lane(
    units.filter(({ alone }) => alone),
    true,
  );
  return done;
}

/** Where the time went, so that a file that became slow is noticed. */
function reportTimes(done: Ran[], wallMs: number, lanes: number): void {
  const times = done.flatMap(({ fileMs }) => [...fileMs]).sort(([, left], [, right]) => right - left);
  if (times.length < 2) return;
  const sum = done.reduce((total, { ms }) => total + ms, 0);
  say(`\n== slowest of ${times.length} files (${seconds(sum)} of work in ${seconds(wallMs)}, ${lanes} at a time)`);
  for (const [file, ms] of times.slice(0, SLOWEST)) say(`  ${seconds(ms).padStart(8)}  ${file}`);
}

async function main(args: string[]): Promise<number> {
  const mode = args.find((arg) => arg === "--coverage" || arg === "--race");
  const files = findTests(args.filter((arg) => arg !== mode));
  if (files.length === 0) {
    process.stderr.write("no test file matches; give a part of its path, such as core/ or tidy\n");
    return 1;
  }
  const coverage = mode === "--coverage" ? await import("./test/coverage.ts") : null;
  coverage?.clearCoverage();
  const flagsOf = (number: number): string[] =>
    coverage ? ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${coverage.partFolder(number)}`] : [];
  const lanes = laneCount();
  const from = performance.now();
  const done = await runAll(mode === "--race" ? raceUnits(files) : unitsOf(files), lanes, flagsOf);
  reportTimes(done, performance.now() - from, lanes);
  const sum = (key: "passed" | "failed" | "skipped") => done.reduce((total, ran) => total + ran[key], 0);
  let failed = sum("failed");
  const failures = done.filter((ran) => ran.failed > 0);
  if (failures.length > 0) say(`\n== failed\n${failures.flatMap(failedTests).join("\n")}`);
  const below = coverage?.reportCoverage(args.length === 1) ?? [];
  for (const sentence of below) say(sentence);
  failed += below.length;
  const skipped = sum("skipped");
  say(`\n${sum("passed")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 ? 1 : 0;
}

/** The runner's lines about tests that failed, with their unit. */
function failedTests({ unit, output }: Ran): string[] {
  const lines = new Set([...Bun.stripANSI(output).matchAll(/^\(fail\) .*$/gm)].map(([line]) => line));
  return [`  ${unit.title}`, ...[...lines].map((line) => `    ${line}`)];
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    stopAll();
    process.exit(code);
  });
}
process.exit(await main(process.argv.slice(2)));
