// Runs the tests: first those that need nothing, then those with real engines, hosts and processes, one file after the
// other. Its last line is "N passed, N failed[, N skipped]", taken from the runner's own reports. It starts no engine
// and installs nothing (scripts/setup does).
//
//   bun scripts/test.ts [--coverage | --race] [file or part of its name ...]

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Counts = { passed: number; failed: number; skipped: number };
type Phase = { title: string; files: string[]; limitMs: number; testTimeoutMs: number; flags?: string[] };

const MINUTE_MS = 60_000;
/** Above this, a phase hangs: the whole suite is meant to stay under ten minutes on two cores. */
const QUICK_LIMIT_MS = 8 * MINUTE_MS;
const ENGINE_LIMIT_MS = 25 * MINUTE_MS;
const QUICK_TEST_MS = 30_000;
/** A test with an engine starts daemons, and pulls, kills and waits for leases to run out. */
const ENGINE_TEST_MS = 120_000;

/** A test file needs an engine when it says so in its name, or takes anything from the lab. */
function needsEngine(file: string): boolean {
  return file.endsWith(".engine.test.ts") || /from "[^"]*\/(lab|cluster)\.ts"|\/lab\//.test(imports(file));
}

function imports(file: string): string {
  return (
    (readFileSync(file, "utf8").match(/^.*\bfrom "[^"]+"/gm) ?? []).join("\n") + (file.includes("/lab/") ? "/lab/" : "")
  );
}

function findTests(patterns: string[]): string[] {
  const files: string[] = [];
  for (const folder of ["src", "test", "bench", "scripts"]) {
    for (const file of new Bun.Glob("**/*.test.ts").scanSync({ cwd: folder })) files.push(join(folder, file));
  }
  const wanted = (file: string) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
  return files.filter(wanted).sort();
}

/** The totals at the head of a JUnit report; null where the runner ended before it wrote one. */
function readReport(path: string): Counts | null {
  let head: string;
  try {
    head = /<testsuites\b[^>]*>/.exec(readFileSync(path, "utf8"))?.[0] ?? "";
  } catch {
    return null;
  }
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  if (head === "") return null;
  const failed = number("failures") + number("errors");
  const skipped = number("skipped");
  return { failed, skipped, passed: number("tests") - failed - skipped };
}

async function runPhase(phase: Phase, folder: string): Promise<Counts> {
  if (phase.files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  process.stdout.write(`\n== ${phase.title}: ${phase.files.length} file${phase.files.length === 1 ? "" : "s"}\n`);
  const report = join(folder, `${phase.title.replaceAll(" ", "-")}.xml`);
  const runner = Bun.spawn(
    [
      process.execPath,
      "test",
      `--timeout=${phase.testTimeoutMs}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...(phase.flags ?? []),
      ...phase.files.map((file) => `./${file}`),
    ],
    { stdout: "inherit", stderr: "inherit", stdin: "ignore" },
  );
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    runner.kill("SIGKILL");
  }, phase.limitMs);
  const code = await runner.exited;
  clearTimeout(limit);
  const counts = readReport(report);
  if (late) process.stdout.write(`The phase took longer than ${phase.limitMs / MINUTE_MS} minutes and was ended.\n`);
  if (counts === null) {
    process.stdout.write(`The test runner ended with code ${code} and without a report; that counts as a failure.\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // An error outside of any test (a file that does not load, a promise that nobody awaited) is only in the exit code.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function phases(mode: string | undefined, files: string[]): Phase[] {
  const races = files.filter((file) => file.endsWith(".race.test.ts"));
  const engine = files.filter(needsEngine);
  const quick = files.filter((file) => !engine.includes(file));
  if (mode === "--race") {
    return [{ title: "interleavings", files: races, limitMs: ENGINE_LIMIT_MS, testTimeoutMs: ENGINE_TEST_MS }];
  }
  if (mode === "--coverage") {
    // One run, because every run writes the whole of coverage/lcov.info.
    const flags = ["--coverage", "--coverage-reporter=text", "--coverage-reporter=lcov", "--coverage-dir=coverage"];
    const all = [...quick, ...engine];
    return [{ title: "all with coverage", files: all, flags, limitMs: ENGINE_LIMIT_MS, testTimeoutMs: ENGINE_TEST_MS }];
  }
  return [
    { title: "quick tests", files: quick, limitMs: QUICK_LIMIT_MS, testTimeoutMs: QUICK_TEST_MS },
    { title: "real engines", files: engine, limitMs: ENGINE_LIMIT_MS, testTimeoutMs: ENGINE_TEST_MS },
  ];
}

const args = process.argv.slice(2);
const mode = args.find((arg) => arg === "--coverage" || arg === "--race");
const files = findTests(args.filter((arg) => arg !== mode));
const folder = mkdtempSync(join(tmpdir(), "podling-test-report-"));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const phase of phases(mode, files)) {
    const counts = await runPhase(phase, folder);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exit(total.failed > 0 ? 1 : 0);
