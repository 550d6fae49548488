// The log of a simulated container: lines in memory, read as Docker's frames as from a real engine.

import { type Clock, toTimestamp } from "../../lib/clock.ts";
import { frameOf } from "../../lib/frames.ts";
import type { LogRequest } from "../containers.ts";

interface Line {
  stream: "stdout" | "stderr";
  atMs: number;
  text: string;
}

export class SimulatedLog {
  readonly #clock: Clock;
  readonly #lines: Line[] = [];
  readonly #readers = new Set<() => void>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#ended = false;
  }

  write(stream: "stdout" | "stderr", text: string): void {
    const atMs = this.#clock.now();
    for (const line of text.split("\n")) if (line !== "") this.#lines.push({ stream, atMs, text: `${line}\n` });
    for (const wake of this.#readers) wake();
  }

  end(): void {
    this.#ended = true;
    for (const wake of this.#readers) wake();
  }

  read(request: LogRequest, signal: AbortSignal): ReadableStream<Uint8Array> {
    const wanted = (line: Line) => request[line.stream] && line.atMs >= (request.sinceMs ?? 0);
    // As with real engines, the lines of both streams count for the tail, whichever stream is asked for.
    const { length } = this.#lines;
    const queue = this.#lines.slice(length - Math.min(request.tail ?? length, length)).filter(wanted);
    let next = this.#lines.length;
    let wake = () => {};
    const wakeLater = () => wake();
    this.#readers.add(wakeLater);
    signal.addEventListener("abort", wakeLater);
    const finish = () => this.#readers.delete(wakeLater);
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        while (!signal.aborted) {
          for (; next < this.#lines.length; next++) if (wanted(this.#lines[next]!)) queue.push(this.#lines[next]!);
          const line = queue.shift();
          if (line) return controller.enqueue(frame(line, request.timestamps !== "none"));
          if (!request.follow || this.#ended) break;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        finish();
        controller.close();
      },
      cancel: () => {
        finish();
        wake();
      },
    });
  }
}

function frame({ stream, atMs, text }: Line, withTime: boolean): Uint8Array {
  return frameOf(stream, new TextEncoder().encode(withTime ? `${toTimestamp(atMs)} ${text}` : text));
}
