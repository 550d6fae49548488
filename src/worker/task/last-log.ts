// Reads the last lines of a container's log, as many as a task's record holds: bounded in lines, bytes and time. It never
// throws: it leaves out what it cannot read, because the report that a run failed must not wait for its log.

import { delay } from "../../lib/clock.ts";
import { readFrames } from "../../lib/frames.ts";
import { TextSplitter } from "../../lib/split-text.ts";
import { limits } from "../../model/limits.ts";
import type { Containers, LogRequest } from "../../runtime/containers.ts";
import type { Bounds, RunnerContext } from "./runner-context.ts";

const request: LogRequest = {
  follow: false,
  tail: limits.lastLogLines,
  sinceMs: null,
  timestamps: false,
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
  const lines = new LastLines();
  const reading = bounds.logReads
    .run(() => read(runtime.containers, containerId, lines, either))
    .catch(() => {
      // The engine keeps no logs with this log driver, or does not answer: then there are no lines.
    });
  await Promise.race([reading.finally(() => over.abort()), delay(clock, limits.lastLogPatienceMs, over.signal)]);
  over.abort();
  return lines.take();
}

async function read(
  containers: Pick<Containers, "logs">,
  containerId: string,
  lines: LastLines,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return; // the time was over before its turn came
  const stream = await containers.logs(containerId, request, signal);
  if (stream === null) return;
  let bytes = 0;
  for await (const { stream: name, payload } of readFrames(stream)) {
    bytes += payload.length;
    lines.push(name, payload);
    if (signal.aborted || bytes > limits.lastLogReadBytes) return;
  }
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
