// Reads the last lines of a container's log, as many as a task's record holds: bounded in lines, bytes and time. It never
// throws: it leaves out what it cannot read, because the report that a run failed must not wait for its log.

import { delay } from "../../lib/clock.ts";
import { readFrames } from "../../lib/frames.ts";
import { TextSplitter } from "../../lib/split-text.ts";
import { limits } from "../../model/limits.ts";
import type { Containers, LogRequest } from "../../runtime/containers.ts";
import type { Bounds, RunnerContext } from "./runner-context.ts";

/** Lines are read from the first to the last: if so many are too long, fewer are asked for, so that the last ones are read. */
const tails = [limits.lastLogLines, 10, 5, 2, 1];

const request: Omit<LogRequest, "tail"> = {
  follow: false,
  sinceMs: null,
  timestamps: "none",
  stdout: true,
  stderr: true,
};

/** Resolves when all is read, or after `lastLogPatienceMs` with what was read by then. */
export async function readLastLog(
  {
    runtime,
    clock,
    bounds,
    signal,
  }: Pick<RunnerContext, "runtime" | "clock" | "signal"> & {
    bounds: Pick<Bounds, "logReads">;
  },
  containerId: string,
): Promise<string[]> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let lines = new LastLines();
  const read = async () => {
    for (const tail of tails) {
      const part = new LastLines();
      const begun = () => {
        lines = part;
      };
      if (await readLines(runtime.containers, containerId, tail, part, begun, either)) return;
    }
  };
  const reading = bounds.logReads.run(read).catch(() => {
    // The engine keeps no logs with this log driver, or does not answer: then there are no lines.
  });
  await Promise.race([reading.finally(() => over.abort()), delay(clock, limits.lastLogPatienceMs, over.signal)]);
  over.abort();
  return lines.take();
}

/** False if the lines are too long to read them all. `begun` is called when the first has come. */
async function readLines(
  containers: Pick<Containers, "logs">,
  containerId: string,
  tail: number,
  lines: LastLines,
  begun: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return true; // the time was over before its turn came
  const stream = await containers.logs(containerId, { ...request, tail }, signal);
  if (stream === null) return true;
  let bytes = 0;
  for await (const { stream: name, payload } of readFrames(stream)) {
    begun();
    bytes += payload.length;
    lines.push(name, payload);
    if (signal.aborted) return true;
    if (bytes > limits.lastLogReadBytes) return false;
  }
  return true;
}

/** Keeps the newest lines. */
class LastLines {
  readonly #splitters = { stdout: new TextSplitter("\n"), stderr: new TextSplitter("\n") };
  #lines: string[] = [];

  push(stream: "stdout" | "stderr", payload: Uint8Array): void {
    for (const line of this.#splitters[stream].push(payload)) this.#keep(line);
  }

  take(): string[] {
    for (const splitter of [this.#splitters.stdout, this.#splitters.stderr]) {
      const rest = splitter.rest();
      if (rest !== "") this.#keep(rest);
    }
    let bytes = 0;
    let first = this.#lines.length;
    while (first > 0) {
      bytes += Buffer.byteLength(this.#lines[first - 1]!);
      if (bytes > limits.lastLogBytes) break;
      first--;
    }
    return this.#lines.slice(first);
  }

  #keep(line: string): void {
    this.#lines.push(cut(line));
    if (this.#lines.length > limits.lastLogLines) this.#lines.shift();
  }
}

/** At most `lastLogLineBytes` of a line, without NUL, which no field of the API may hold. */
function cut(line: string): string {
  const clean = line.replace(/\r$/, "").replaceAll("\0", "");
  const bytes = Buffer.from(clean);
  if (bytes.length <= limits.lastLogLineBytes) return clean;
  const left = limits.lastLogLineBytes - Buffer.byteLength("…");
  // A character that is cut in the middle is left out.
  return `${bytes
    .subarray(0, left)
    .toString("utf8")
    .replace(/\uFFFD+$/, "")}…`;
}
