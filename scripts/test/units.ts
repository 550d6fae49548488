// Which test files there are, and how they are put together: a unit is one process of the test runner. Quick files share a
// process by folder; a file with real engines, hosts or processes has its own, so that it can run beside another.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Unit {
  title: string;
  files: string[];
  limitMs: number;
  testTimeoutMs: number;
  /** True when the unit measures time under load, so that nothing may run beside it. */
  alone: boolean;
}

const MINUTE_MS = 60_000;
/** Above these, a unit hangs. */
const QUICK_LIMIT_MS = 8 * MINUTE_MS;
const ENGINE_LIMIT_MS = 15 * MINUTE_MS;
const QUICK_TEST_MS = 30_000;
/** A test with an engine starts daemons, and pulls, kills and waits until leases run out. */
const ENGINE_TEST_MS = 120_000;

/** Started first, so that no long file is left over for the end, when the other lane is idle. */
const LONGEST_FIRST = ["system/kills", "system/churn", "system/crash", "system/node-loss", "worker/outage"];

/** These compare latencies or saturate the machine on purpose. */
const ALONE = [
  "test/hostile/connections.test.ts",
  "test/hostile/log-subscribers.engine.test.ts",
  "test/master/load.test.ts",
];

export function findTests(patterns: string[]): string[] {
  const files: string[] = [];
  for (const folder of ["src", "test", "bench", "scripts", "tools"]) {
    for (const file of new Bun.Glob("**/*.test.ts").scanSync({ cwd: folder })) files.push(join(folder, file));
  }
  const wanted = (file: string) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
  return files.filter(wanted).sort();
}

/** True when a file says so in its name, lies in the lab, or uses more of the lab than its `until`. */
export function needsEngine(file: string, text = readFileSync(file, "utf8")): boolean {
  if (file.endsWith(".engine.test.ts") || file.startsWith("tools/lab/")) return true;
  return /\bfrom "[^"]*\/lab\/(?!until\.ts)[^"]+"/.test(text);
}

/** Quick files by folder: all of src in one process, each folder of test in another. */
function quickUnits(files: string[]): Unit[] {
  const byFolder = Map.groupBy(files, (file) => {
    const [first, second, third] = file.split("/") as [string, string, string?];
    return first === "test" && third !== undefined ? join(first, second) : first;
  });
  return [...byFolder].map(([folder, group]) => {
    const title = group.length === 1 ? group[0]! : `${folder}: ${group.length} files`;
    return { title, files: group, limitMs: QUICK_LIMIT_MS, testTimeoutMs: QUICK_TEST_MS, alone: false };
  });
}

export function unitsOf(files: string[]): Unit[] {
  const engine = files.filter((file) => needsEngine(file));
  const alone = (file: string) => ALONE.includes(file);
  const rank = (file: string) => LONGEST_FIRST.findIndex((part) => file.includes(part)) + 1 || LONGEST_FIRST.length + 1;
  const own = [...engine, ...files.filter((file) => alone(file) && !engine.includes(file))]
    .sort((left, right) => rank(left) - rank(right))
    .map((file): Unit => {
      const limits = { limitMs: ENGINE_LIMIT_MS, testTimeoutMs: ENGINE_TEST_MS };
      return { title: file, files: [file], ...limits, alone: alone(file) };
    });
  const quick = quickUnits(files.filter((file) => !engine.includes(file) && !alone(file)));
  return [...quick, ...own];
}

/** Every file of interleavings in one unit each; `make test-race` gives them many seeds. */
export const raceUnits = (files: string[]): Unit[] =>
  files
    .filter((file) => file.endsWith(".race.test.ts"))
    .map((file) => ({
      title: file,
      files: [file],
      limitMs: 2 * ENGINE_LIMIT_MS,
      testTimeoutMs: ENGINE_TEST_MS,
      alone: false,
    }));
