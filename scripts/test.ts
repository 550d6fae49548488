// Runs the tests: first those that need nothing, then those with real engines, hosts and processes, one file after the
// other. Its last line is "N passed, N failed[, N skipped]", added up from the runner's own totals. It starts no engine
// and installs nothing (scripts/setup does).
//
//   bun scripts/test.ts [--coverage | --race] [file or part of its name ...]

import { readFileSync } from "node:fs";
import { join } from "node:path";

type Counts = { passed: number; failed: number; skipped: number };
type Phase = { title: string; files: string[]; limitMs: number; testTimeoutMs: number; flags?: string[] };

const MINUTE_MS = 60_000;
/** Above this, a phase hangs: the whole suite is meant to stay under ten minutes on two cores. */
const QUICK_LIMIT_MS = 8 * MINUTE_MS;
const ENGINE_LIMIT_MS = 25 * MINUTE_MS;
/** The totals are among the last lines, but a coverage table may follow the last test. */
const TAIL_CHARACTERS = 200_000;
const LAST_OUTPUT_MS = 2_000;
const QUICK_TEST_MS = 30_000;
/** A test with an engine starts daemons, and pulls, kills and waits for leases to run out. */
const ENGINE_TEST_MS = 120_000;

/** A test file needs an engine when it says so in its name, lies in the lab, or takes anything from it. */
function needsEngine(file: string): boolean {
  if (file.endsWith(".engine.test.ts") || file.startsWith("tools/lab/")) return true;
  return /\bfrom "[^"]*\/lab\/[^"]+"/.test(readFileSync(file, "utf8"));
}

function findTests(patterns: string[]): string[] {
  const files: string[] = [];
  for (const folder of ["src", "test", "bench", "scripts", "tools"]) {
    for (const file of new Bun.Glob("**/*.test.ts").scanSync({ cwd: folder })) files.push(join(folder, file));
  }
  const wanted = (file: string) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
  return files.filter(wanted).sort();
}

/**
 * The totals that the runner prints at its end; null where it ended before. Its JUnit report is no source: it leaves out
 * files that did not load.
 */
function readTotals(tail: string): Counts | null {
  if (!/^Ran \d+ tests? across/m.test(tail)) return null;
  const number = (word: string) => Number([...tail.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: number("pass"), failed: number("fail"), skipped: number("skip") + number("todo") };
}

/** Passes a stream on as it comes, and keeps its end. */
function passOn(stream: ReadableStream<Uint8Array>): { done: Promise<void>; tail: () => string } {
  const decoder = new TextDecoder();
  let tail = "";
  const copy = async () => {
    for await (const chunk of stream) {
      process.stderr.write(chunk);
      tail = (tail + decoder.decode(chunk, { stream: true })).slice(-TAIL_CHARACTERS);
    }
  };
  return { done: copy(), tail: () => Bun.stripANSI(tail) };
}

async function runPhase(phase: Phase): Promise<Counts> {
  if (phase.files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  process.stdout.write(`\n== ${phase.title}: ${phase.files.length} file${phase.files.length === 1 ? "" : "s"}\n`);
  const files = phase.files.map((file) => `./${file}`);
  const command = [process.execPath, "test", `--timeout=${phase.testTimeoutMs}`, ...(phase.flags ?? []), ...files];
  const colour = process.stderr.isTTY ? { FORCE_COLOR: "1" } : {};
  const runner = Bun.spawn(command, {
    stdout: "inherit",
    stderr: "pipe",
    stdin: "ignore",
    env: { ...process.env, ...colour },
  });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    runner.kill("SIGKILL");
  }, phase.limitMs);
  const output = passOn(runner.stderr);
  const code = await runner.exited;
  // A process that a test forgot can hold the stream open for ever.
  await Promise.race([output.done, Bun.sleep(LAST_OUTPUT_MS)]);
  clearTimeout(limit);
  if (late) process.stdout.write(`The phase took longer than ${phase.limitMs / MINUTE_MS} minutes and was ended.\n`);
  const counts = readTotals(output.tail());
  if (counts === null) {
    process.stdout.write(`The test runner ended with code ${code} and without its totals; that counts as a failure.\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // An error outside of any test can be in the exit code alone.
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
if (files.length === 0) {
  process.stderr.write("no test file matches; give a part of its path, such as core/ or tidy\n");
  process.exit(1);
}
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const phase of phases(mode, files)) {
  const counts = await runPhase(phase);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exit(total.failed > 0 ? 1 : 0);
