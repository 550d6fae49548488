// All readings of logs that are under way: who asks for what is already being read joins in, and there is a bound on
// how many there are, because each is an outgoing request. Where the bound is reached, one that nobody waits for gives
// way; its followers go on, where they stopped, when they read again.

import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { LogPoint } from "./log-entry.ts";
import { type FeedReader, LogStream } from "./log-stream.ts";

/** What is read of a log, as the worker takes it. */
export interface LogWish {
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
  open: (wish: LogWish, signal: AbortSignal) => Promise<Outcome<ReadableStream<Uint8Array>>>;
}

interface UnderWay {
  feed: LogStream;
  /** Null: it is for one reader alone. */
  key: string | null;
  opened: Promise<Outcome<null>>;
  abort: AbortController;
}

export class LogStreams {
  readonly #now: () => number;
  readonly #feeds = new Set<UnderWay>();
  followers = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Outgoing requests that are under way. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Puts the reader where it asks to begin. */
  async join(reader: FeedReader, source: LogSource, wish: LogWish): Promise<Outcome<LogStream>> {
    const key = keyOf(source, wish);
    for (const one of this.#feeds) {
      if (key === null || one.key !== key || !one.feed.whole) continue;
      one.feed.join(reader, wish.tail);
      return this.#opened(one, reader);
    }
    return this.#start(reader, source, wish, key, null);
  }

  /** Puts the reader where it stopped: a reading of its own, because others are elsewhere. */
  resume(reader: FeedReader, source: LogSource, wish: LogWish, point: LogPoint): Promise<Outcome<LogStream>> {
    return this.#start(reader, source, wish, null, point);
  }

  async #start(
    reader: FeedReader,
    source: LogSource,
    wish: LogWish,
    key: string | null,
    point: LogPoint | null,
  ): Promise<Outcome<LogStream>> {
    if (this.#feeds.size >= limits.logFeeds && !this.#makeRoom()) {
      return refuse("too-many", `${this.#feeds.size} logs are being read through this master, which is its limit`, {
        hint: "Close some, or try again: those that nobody waits for give way.",
        details: { what: "logs", count: this.#feeds.size, limit: limits.logFeeds },
      });
    }
    const abort = new AbortController();
    const feed = new LogStream({
      now: this.#now,
      point,
      onClosed: () => {
        this.#feeds.delete(one);
        abort.abort();
      },
    });
    feed.join(reader, null);
    const opened = source.open(wish, abort.signal).then(
      (answer): Outcome<null> => {
        if (answer.ok) feed.begin(answer.value);
        else this.#feeds.delete(one);
        return answer.ok ? ok(null) : answer;
      },
      (error) => {
        this.#feeds.delete(one);
        throw error;
      },
    );
    const one: UnderWay = { feed, key, abort, opened };
    this.#feeds.add(one);
    return this.#opened(one, reader);
  }

  async #opened({ opened, feed }: UnderWay, reader: FeedReader): Promise<Outcome<LogStream>> {
    const answer = await opened;
    if (answer.ok) return ok(feed);
    feed.leave(reader);
    return answer;
  }

  /** Ends all of them: their readers hear that the log broke off. */
  close(): void {
    for (const { feed } of [...this.#feeds]) feed.dissolve();
  }

  /** Closes what has been waited for by nobody for the longest; false: there is none. */
  #makeRoom(): boolean {
    const idle = [...this.#feeds]
      .filter(({ feed }) => feed.idleSince !== null && this.#now() - feed.idleSince >= limits.logIdleMs)
      .sort((left, right) => left.feed.idleSince! - right.feed.idleSince!);
    idle[0]?.feed.dissolve();
    return idle.length > 0;
  }
}

/**
 * Only what is followed is shared: who reads once wants what is there now. A tail of one of the two streams is reckoned
 * by the engine over both, which nobody can repeat from what has come of one.
 */
function keyOf({ id }: LogSource, { follow, ...part }: LogWish): string | null {
  if (!follow || (part.tail !== null && !(part.stdout && part.stderr))) return null;
  return JSON.stringify([id, part]);
}
