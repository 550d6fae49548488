// Heartbeats over one two-way stream: a byte for each heartbeat, and a line as its answer, which is empty while the answer is
// the one before. Requests do what the stream does not: news, refusals, and masters that have no such stream.

import type { Client } from "../../api/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { doubled } from "../../lib/doubled.ts";
import type { DuplexListener, DuplexStream } from "../../lib/duplex.ts";
import { limits } from "../../model/limits.ts";

export interface HeartbeatStreamOptions {
  client: Client;
  clock: Clock;
  /** Each heartbeat gets an answer: the JSON that a request would get. */
  onAnswer: (text: string) => void;
  /** The stream is over. Null: the master has ended it, because it wants a request. Not called after `drop`. */
  onOver: (error: Error | null) => void;
}

/** Any byte is a heartbeat. */
const beat = Uint8Array.of(0x2e);
const newline = 0x0a;
/** Until it is opened again after it could not be, doubled each time: older masters have none, and proxies may refuse it. */
const openAgain = { initialMs: 1000, mostMs: 60_000 };

export class HeartbeatStream {
  readonly #options: HeartbeatStreamOptions;
  #stream: DuplexStream | null = null;
  /** Null if none is being opened. */
  #opening: AbortController | null = null;
  /** Attempts since the last answer. */
  #failures = 0;
  #opensAgainAt = 0;
  #lastText = "";

  constructor(options: HeartbeatStreamOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#stream !== null;
  }

  /** Opens it in the background, unless it is open, or could not be opened or was never answered shortly before. */
  open(nodeId: string): void {
    const { client, clock } = this.#options;
    if (this.#stream || this.#opening || clock.elapsed() < this.#opensAgainAt) return;
    const opening = new AbortController();
    this.#opening = opening;
    const cancelPatience = clock.timer(limits.reportPatienceMs, () => opening.abort(new Error("timed out")));
    const opened = (stream: DuplexStream) => {
      cancelPatience();
      if (this.#opening !== opening || opening.signal.aborted) {
        stream.abort("the worker does not need it any more");
        if (this.#opening === opening) this.#failed();
        return;
      }
      this.#opening = null;
      this.#stream = stream;
      this.#lastText = "";
      stream.listen(this.#listener(stream));
    };
    client.openStream("heartbeatStream", { id: nodeId, signal: opening.signal }).then(opened, () => {
      cancelPatience();
      if (this.#opening === opening) this.#failed();
    });
  }

  /** Sends a heartbeat. The next one only after its answer. */
  send(): void {
    this.#stream?.trySend(beat); // the listener learns that the stream is broken, too
  }

  /** Closes it: what arrives later is ignored. */
  drop(reason: string): void {
    const stream = this.#stream;
    const opening = this.#opening;
    // A proxy may open streams and pass nothing on.
    if (stream && this.#lastText === "") this.#failed();
    this.#stream = null;
    this.#opening = null;
    stream?.abort(reason);
    opening?.abort(new Error(reason));
  }

  #failed(): void {
    this.#opening = null;
    const pauseMs = doubled(openAgain.initialMs, this.#failures, openAgain.mostMs);
    this.#failures = Math.min(this.#failures + 1, 20);
    this.#opensAgainAt = this.#options.clock.elapsed() + pauseMs;
  }

  #listener(stream: DuplexStream): DuplexListener {
    const decoder = new TextDecoder();
    let rest = "";
    const over = (error: Error | null) => {
      if (this.#stream !== stream) return;
      this.#stream = null;
      if (this.#lastText === "") this.#failed();
      this.#options.onOver(error);
    };
    const onBytes = (bytes: Uint8Array) => {
      if (this.#stream !== stream) return;
      if (rest === "" && bytes.length === 1 && bytes[0] === newline) {
        this.#answered("");
        return;
      }
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#answered(line);
    };
    return {
      onBytes: (bytes) => {
        try {
          onBytes(bytes);
        } catch (error) {
          over(error as Error); // the answer is the fault
          stream.abort((error as Error).message);
        }
      },
      onEnd: () => {
        stream.end();
        over(null);
      },
      onBroken: over,
    };
  }

  #answered(line: string): void {
    this.#failures = 0;
    if (line !== "") this.#lastText = line;
    if (this.#lastText !== "") this.#options.onAnswer(this.#lastText);
  }
}
