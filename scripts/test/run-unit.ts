// Runs one unit: one process of Bun's test runner, with a time limit. It reads the totals and the time of each file from
// the runner's output.

import type { Unit } from "./units.ts";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Ran extends Counts {
  unit: Unit;
  ms: number;
  output: string;
  /** Milliseconds by file. For a unit of several files: the sum of its tests, without what runs before and after them. */
  fileMs: Map<string, number>;
}

const LAST_OUTPUT_MS = 2_000;

/**
 * The totals that the runner prints at its end; null when it ended before. Its JUnit report would leave out files that
 * did not load.
 */
export function readTotals(output: string): Counts | null {
  if (!/^Ran \d+ tests? across/m.test(output)) return null;
  const number = (word: string) =>
    Number([...output.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: number("pass"), failed: number("fail"), skipped: number("skip") + number("todo") };
}

export function readFileTimes(output: string): Map<string, number> {
  const times = new Map<string, number>();
  let file = "";
  for (const line of output.split("\n")) {
    const header = /^(\S+\.test\.ts):$/.exec(line)?.[1];
    if (header !== undefined) file = header;
    const ms = /^\((?:pass|fail)\) .* \[([\d.]+)ms\]$/.exec(line)?.[1];
    if (ms !== undefined) times.set(file, (times.get(file) ?? 0) + Number(ms));
  }
  return times;
}

/** Keeps a stream's text, and passes it on when `live`. */
function keep(stream: ReadableStream<Uint8Array>, live: boolean): { done: Promise<void>; text: () => string } {
  const decoder = new TextDecoder();
  let text = "";
  const read = async () => {
    for await (const chunk of stream) {
      if (live) process.stderr.write(chunk);
      text += decoder.decode(chunk, { stream: true });
    }
  };
  return { done: read(), text: () => text };
}

const running = new Set<Bun.Subprocess>();

/** For a run that is interrupted. */
export function stopAll(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** `live` passes the output on as it comes; otherwise it is in the result only. */
export async function runUnit(unit: Unit, flags: string[], live: boolean): Promise<Ran> {
  const from = performance.now();
  const files = unit.files.map((file) => `./${file}`);
  const colour = process.stderr.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = Bun.spawn([process.execPath, "test", `--timeout=${unit.testTimeoutMs}`, ...flags, ...files], {
    stdout: "pipe",
    stderr: "pipe",
    stdin: "ignore",
    env: { ...process.env, ...colour },
  });
  running.add(child);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, unit.limitMs);
  const streams = [keep(child.stdout, live), keep(child.stderr, live)];
  const code = await child.exited;
  // A process that a test left behind can keep a stream open without end.
  await Promise.race([Promise.all(streams.map(({ done }) => done)), Bun.sleep(LAST_OUTPUT_MS)]);
  clearTimeout(limit);
  running.delete(child);
  const output = streams.map(({ text }) => text()).join("");
  const plain = Bun.stripANSI(output);
  const counts = readTotals(plain);
  const ms = performance.now() - from;
  const fileMs = unit.files.length === 1 ? new Map([[unit.files[0]!, ms]]) : readFileTimes(plain);
  if (counts === null) {
    const why = late
      ? `took longer than ${unit.limitMs / 60_000} minutes and was killed`
      : `ended with code ${code} and without its totals`;
    const said = `${output}\n${unit.title}: the test runner ${why}; that counts as one failed.\n`;
    return { unit, ms, output: said, fileMs, passed: 0, failed: 1, skipped: 0 };
  }
  // An error outside of any test can be in the exit code only.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return { unit, ms, output, fileMs, ...counts };
}
