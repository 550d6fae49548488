// The log streams from workers. A subscriber that asks for a log that is already being read shares its stream. Their number
// is bounded, because each is an outgoing request: at the limit, a stream that no subscriber waits for is closed, and its
// subscribers get another one, at the same position, when they read again.

import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { LogPosition } from "./log-entry.ts";
import { type LogReader, LogStream } from "./log-stream.ts";

/** Which part of a log is read, as the worker's API takes it. */
export interface LogSelection {
  follow: boolean;
  tail: number | null;
  sinceMs: number | null;
  stdout: boolean;
  stderr: boolean;
}

/** A log that can be read. */
export interface LogSource {
  /** Equal for the log of the same container. */
  id: string;
  /** Asks the worker. Each frame of the answer begins with a time. */
  open: (selection: LogSelection, signal: AbortSignal) => Promise<Outcome<ReadableStream<Uint8Array>>>;
}

interface UnderWay {
  stream: LogStream;
  /** Null if the stream is not shared. */
  key: string | null;
  opened: Promise<Outcome<null>>;
  abort: AbortController;
}

export class LogStreams {
  readonly #clock: Clock;
  readonly #streams = new Set<UnderWay>();
  #closed = false;
  subscribers = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Open log streams, each an outgoing request. */
  get size(): number {
    return this.#streams.size;
  }

  /** Gives the reader a stream from the beginning of its selection. */
  async join(reader: LogReader, source: LogSource, selection: LogSelection): Promise<Outcome<LogStream>> {
    const key = keyOf(source, selection);
    for (const one of this.#streams) {
      if (key === null || one.key !== key || !one.stream.whole) continue;
      one.stream.join(reader, selection.tail);
      return this.#opened(one, reader);
    }
    return this.#start(reader, source, selection, key, null);
  }

  /** Gives the reader a stream from the position where it stopped. It is not shared, as other readers are elsewhere. */
  resume(
    reader: LogReader,
    source: LogSource,
    selection: LogSelection,
    point: LogPosition,
  ): Promise<Outcome<LogStream>> {
    return this.#start(reader, source, selection, null, point);
  }

  async #start(
    reader: LogReader,
    source: LogSource,
    selection: LogSelection,
    key: string | null,
    point: LogPosition | null,
  ): Promise<Outcome<LogStream>> {
    if (this.#closed) return refuse("not-ready", "the master ends its logs", { hint: "Read the log again." });
    if (this.#streams.size >= limits.masterLogStreams && !this.#closeIdle()) {
      return refuse("too-many", `${this.#streams.size} logs are being read through this master, which is the limit`, {
        hint: "Close some of them, or try again later: idle ones are closed.",
        details: { what: "logs", count: this.#streams.size, limit: limits.masterLogStreams },
      });
    }
    const abort = new AbortController();
    const stream = new LogStream({
      clock: this.#clock,
      point,
      onClosed: () => {
        this.#streams.delete(one);
        abort.abort();
      },
    });
    stream.join(reader, null);
    const opened = source.open(selection, abort.signal).then(
      (answer): Outcome<null> => {
        if (answer.ok) stream.begin(answer.value);
        else this.#streams.delete(one);
        return answer.ok ? ok(null) : answer;
      },
      (error) => {
        this.#streams.delete(one);
        throw error;
      },
    );
    const one: UnderWay = { stream, key, abort, opened };
    this.#streams.add(one);
    return this.#opened(one, reader);
  }

  async #opened({ opened, stream }: UnderWay, reader: LogReader): Promise<Outcome<LogStream>> {
    const answer = await opened;
    if (answer.ok) return ok(stream);
    stream.leave(reader);
    return answer;
  }

  /** Ends all streams, and opens no other. Readers that wait, or read again, get an error. */
  close(): void {
    this.#closed = true;
    for (const { stream } of [...this.#streams]) stream.dissolve();
  }

  /** Closes the stream that has been idle for the longest. False if none is idle. */
  #closeIdle(): boolean {
    const now = this.#clock.elapsed();
    const idle = [...this.#streams]
      .filter(({ stream }) => stream.idleSince !== null && now - stream.idleSince >= limits.logIdleMs)
      .sort((left, right) => left.stream.idleSince! - right.stream.idleSince!);
    idle[0]?.stream.dissolve();
    return idle.length > 0;
  }
}

/**
 * Null if the stream cannot be shared. Only followed logs are: a client that reads once wants the current content. The
 * engine counts a tail over stdout and stderr together, which cannot be repeated from the entries of one of them.
 */
function keyOf({ id }: LogSource, { follow, ...part }: LogSelection): string | null {
  if (!follow || (part.tail !== null && !(part.stdout && part.stderr))) return null;
  return JSON.stringify([id, part]);
}
