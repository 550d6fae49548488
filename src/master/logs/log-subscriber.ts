// The body of one answer with logs: what a feed gives, in the shape that was asked for, at the pace of whoever reads.
// One that falls behind holds no place meanwhile, and goes on where it stopped with a reading of its own.

import { concatenate, frameHeaderBytes } from "../../lib/frames.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { type LogPoint, type LogShape, shapeEntry } from "./log-entry.ts";
import { type Detached, type FeedReader, type LogStream, outOfOrderMs } from "./log-stream.ts";
import type { LogSource, LogStreams, LogWish } from "./log-streams.ts";

/** Handed on at once: what a socket takes in one go. */
const chunkBytes = 64 * 1024;

/** Begins what is followed: a quiet container may say nothing for days, and whoever asked must know that it is heard. */
const emptyFrame = new Uint8Array(frameHeaderBytes).fill(1, 0, 1);

export interface LogFollowerOptions {
  feeds: LogStreams;
  source: LogSource;
  wish: LogWish;
  shape: LogShape;
}

/** The answer's body, when the worker has begun to answer; or why there is none. */
export async function followLog(
  options: LogFollowerOptions,
  signal: AbortSignal,
): Promise<Outcome<ReadableStream<Uint8Array>>> {
  const { feeds } = options;
  if (feeds.followers >= limits.logFollowers) {
    return refuse("too-many", `${feeds.followers} readers of logs are connected, which is the limit`, {
      hint: "Close some of them.",
      details: { what: "readers of logs", count: feeds.followers, limit: limits.logFollowers },
    });
  }
  const follower = new LogFollower(options);
  const gone = () => follower.cancel();
  signal.addEventListener("abort", gone);
  const refusal = await follower.begin();
  signal.removeEventListener("abort", gone);
  if (refusal) return refusal;
  if (signal.aborted) follower.cancel();
  return ok(follower.body());
}

class LogFollower implements FeedReader {
  readonly #options: LogFollowerOptions;
  next = 0;
  #feed: LogStream | null = null;
  #where: Detached = "where-it-began";
  #cancelled = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    options.feeds.followers++;
  }

  /** Once it has begun: a stream asks for its first bytes at once. */
  body(): ReadableStream<Uint8Array> {
    const { wish, shape } = this.#options;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (wish.follow) controller.enqueue(shape.framed ? emptyFrame.slice() : new Uint8Array(0));
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.cancel(),
    });
  }

  /** Null: it has begun. */
  async begin(): Promise<Outcome<never> | null> {
    const { feeds, source, wish } = this.#options;
    let joined: Outcome<LogStream> | null = null;
    try {
      joined = await feeds.join(this, source, wish);
      return joined.ok ? this.#attached(joined.value) : joined;
    } finally {
      if (!joined?.ok) this.cancel();
    }
  }

  detach(where: Detached): void {
    this.#feed = null;
    if (where !== "where-it-began") this.#where = where;
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#options.feeds.followers--;
    this.#feed?.leave(this);
    this.#feed = null;
  }

  #attached(feed: LogStream): null {
    if (this.#cancelled) feed.leave(this);
    else if (feed.holds(this)) this.#feed = feed; // else it has been let go of already
    return null;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!this.#cancelled) {
      const feed: LogStream | null = this.#feed;
      if (feed === null) {
        const refusal = await this.#resume();
        if (refusal) return this.#fail(controller, new Error(refusal.refusal.message));
        continue;
      }
      const entries = feed.take(this, chunkBytes);
      if (entries.length > 0) {
        const { shape } = this.#options;
        return controller.enqueue(concatenate(entries.flatMap((entry) => shapeEntry(entry, shape))));
      }
      if (feed.error) return this.#fail(controller, feed.error);
      if (feed.ended) {
        this.cancel();
        return controller.close();
      }
      await feed.more();
    }
  }

  #fail(controller: ReadableStreamDefaultController<Uint8Array>, error: Error): void {
    this.cancel();
    controller.error(error);
  }

  async #resume(): Promise<{ ok: false; refusal: { message: string } } | null> {
    const { feeds, source, wish } = this.#options;
    const where = this.#where;
    if (where === "nowhere") return refuse("logs-unavailable", "the reader fell behind, and the engine tells no times");
    const resumed =
      where === "where-it-began"
        ? await feeds.join(this, source, wish)
        : await feeds.resume(this, source, wishFrom(wish, where), where);
    return resumed.ok ? this.#attached(resumed.value) : resumed;
  }
}

function wishFrom(wish: LogWish, { atMs }: LogPoint): LogWish {
  return { ...wish, tail: null, sinceMs: atMs - outOfOrderMs };
}
