// The body of one answer with logs: the entries of a log stream, in the requested format, as fast as the client reads. A
// subscriber that falls behind leaves its stream, and continues at the same position with a stream of its own.

import { concatenate, emptyFrame, errorFrame } from "../../lib/frames.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { formatEntry, type LogFormat, type LogPosition } from "./log-entry.ts";
import { type Detached, type LogReader, type LogStream, outOfOrderMs } from "./log-stream.ts";
import type { LogSelection, LogSource, LogStreams } from "./log-streams.ts";

/** Passed on in one chunk: about what a socket takes at once. */
const chunkBytes = 64 * 1024;

export interface LogSubscriberOptions {
  streams: LogStreams;
  source: LogSource;
  selection: LogSelection;
  format: LogFormat;
}

/** Resolves with the answer's body when the worker has begun to answer, or with a refusal. */
export async function subscribeToLog(
  options: LogSubscriberOptions,
  signal: AbortSignal,
): Promise<Outcome<ReadableStream<Uint8Array>>> {
  const { streams } = options;
  if (streams.subscribers >= limits.logSubscribers) {
    return refuse("too-many", `${streams.subscribers} clients are reading logs, which is the limit`, {
      hint: "Close some of them.",
      details: { what: "readers of logs", count: streams.subscribers, limit: limits.logSubscribers },
    });
  }
  const subscriber = new LogSubscriber(options);
  const gone = () => subscriber.cancel();
  signal.addEventListener("abort", gone);
  const refusal = await subscriber.begin();
  signal.removeEventListener("abort", gone);
  if (refusal) return refusal;
  if (signal.aborted) subscriber.cancel();
  return ok(subscriber.body());
}

class LogSubscriber implements LogReader {
  readonly #options: LogSubscriberOptions;
  next = 0;
  #stream: LogStream | null = null;
  #where: Detached = "where-it-began";
  #cancelled = false;

  constructor(options: LogSubscriberOptions) {
    this.#options = options;
    options.streams.subscribers++;
  }

  /** To be called after `begin`: a stream asks for its first bytes at once. */
  body(): ReadableStream<Uint8Array> {
    const { format } = this.#options;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        // The server sends its headers with the first bytes, and the first line may take a while.
        if (format.framed) controller.enqueue(emptyFrame());
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.cancel(),
    });
  }

  /** Null if it has begun. */
  async begin(): Promise<Outcome<never> | null> {
    const { streams, source, selection } = this.#options;
    let joined: Outcome<LogStream> | null = null;
    try {
      joined = await streams.join(this, source, selection);
      return joined.ok ? this.#attached(joined.value) : joined;
    } finally {
      if (!joined?.ok) this.cancel();
    }
  }

  detach(where: Detached): void {
    this.#stream = null;
    if (where !== "where-it-began") this.#where = where;
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#options.streams.subscribers--;
    this.#stream?.leave(this);
    this.#stream = null;
  }

  #attached(stream: LogStream): null {
    if (this.#cancelled) stream.leave(this);
    else if (stream.holds(this)) this.#stream = stream; // else it has been detached already
    return null;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!this.#cancelled) {
      const stream: LogStream | null = this.#stream;
      if (stream === null) {
        const refusal = await this.#resume();
        if (refusal) return this.#endEarly(controller, refusal.refusal.message);
        continue;
      }
      const entries = stream.take(this, chunkBytes);
      if (entries.length > 0) {
        const { format } = this.#options;
        return controller.enqueue(concatenate(entries.flatMap((entry) => formatEntry(entry, format))));
      }
      if (stream.error) return this.#endEarly(controller, stream.error.message);
      if (stream.ended) {
        this.cancel();
        return controller.close();
      }
      await stream.more();
    }
  }

  /** An error of the stream would only break the connection: the client gets the reason as the last of the answer. */
  #endEarly(controller: ReadableStreamDefaultController<Uint8Array>, why: string): void {
    this.cancel();
    const { framed } = this.#options.format;
    controller.enqueue(framed ? errorFrame(why) : new TextEncoder().encode(`\npodling: the log ends early: ${why}\n`));
    controller.close();
  }

  async #resume(): Promise<{ ok: false; refusal: { message: string } } | null> {
    const { streams, source, selection } = this.#options;
    const where = this.#where;
    if (where === "nowhere")
      return refuse("logs-unavailable", "the client fell behind, and the engine sends no times to continue by");
    const resumed =
      where === "where-it-began"
        ? await streams.join(this, source, selection)
        : await streams.resume(this, source, selectionFrom(selection, where), where);
    return resumed.ok ? this.#attached(resumed.value) : resumed;
  }
}

function selectionFrom(selection: LogSelection, { atMs }: LogPosition): LogSelection {
  return { ...selection, tail: null, sinceMs: atMs - outOfOrderMs };
}
