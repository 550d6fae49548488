// All readings of logs that are under way: who asks for what is already being read joins in, and there is a bound on
// how many there are, because each is an outgoing request. Where the bound is reached, one that nobody waits for gives
// way; its subscribers go on, where they stopped, when they read again.

import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { LogPosition } from "./log-entry.ts";
import { type LogReader, LogStream } from "./log-stream.ts";

/** What is read of a log, as the worker takes it. */
export interface LogSelection {
  follow: boolean;
  tail: number | null;
  sinceMs: number | null;
  stdout: boolean;
  stderr: boolean;
}

/** A log that can be read. */
export interface LogSource {
  /** The same for the same container's log. */
  id: string;
  /** Asks the worker. The answer's frames begin with times. */
  open: (selection: LogSelection, signal: AbortSignal) => Promise<Outcome<ReadableStream<Uint8Array>>>;
}

interface UnderWay {
  stream: LogStream;
  /** Null: it is for one reader alone. */
  key: string | null;
  opened: Promise<Outcome<null>>;
  abort: AbortController;
}

export class LogStreams {
  readonly #now: () => number;
  readonly #streams = new Set<UnderWay>();
  subscribers = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Outgoing requests that are under way. */
  get size(): number {
    return this.#streams.size;
  }

  /** Puts the reader where it asks to begin. */
  async join(reader: LogReader, source: LogSource, selection: LogSelection): Promise<Outcome<LogStream>> {
    const key = keyOf(source, selection);
    for (const one of this.#streams) {
      if (key === null || one.key !== key || !one.stream.whole) continue;
      one.stream.join(reader, selection.tail);
      return this.#opened(one, reader);
    }
    return this.#start(reader, source, selection, key, null);
  }

  /** Puts the reader where it stopped: a reading of its own, because others are elsewhere. */
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
    if (this.#streams.size >= limits.masterLogStreams && !this.#makeRoom()) {
      return refuse("too-many", `${this.#streams.size} logs are being read through this master, which is its limit`, {
        hint: "Close some, or try again: those that nobody waits for give way.",
        details: { what: "logs", count: this.#streams.size, limit: limits.masterLogStreams },
      });
    }
    const abort = new AbortController();
    const stream = new LogStream({
      now: this.#now,
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

  /** Ends all of them: their readers hear that the log broke off. */
  close(): void {
    for (const { stream } of [...this.#streams]) stream.dissolve();
  }

  /** Closes what has been waited for by nobody for the longest; false: there is none. */
  #makeRoom(): boolean {
    const idle = [...this.#streams]
      .filter(({ stream }) => stream.idleSince !== null && this.#now() - stream.idleSince >= limits.logIdleMs)
      .sort((left, right) => left.stream.idleSince! - right.stream.idleSince!);
    idle[0]?.stream.dissolve();
    return idle.length > 0;
  }
}

/**
 * Only what is followed is shared: who reads once wants what is there now. A tail of one of the two streams is reckoned
 * by the engine over both, which nobody can repeat from what has come of one.
 */
function keyOf({ id }: LogSource, { follow, ...part }: LogSelection): string | null {
  if (!follow || (part.tail !== null && !(part.stdout && part.stderr))) return null;
  return JSON.stringify([id, part]);
}
