// The worker's end of the wire to its master: registers, sends heartbeats, and follows the stream of assignments, for as
// long as it takes. It knows nothing of containers.

import { type Client, UnreachableError } from "../api/client.ts";
import type { BodyInput } from "../api/operations.ts";
import { type Clock, delay } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { readEvents } from "../lib/sse.ts";
import { limits } from "../model/limits.ts";

export type NodeDescription = BodyInput<"registerNode">;

export interface MasterLinkOptions {
  client: Client;
  clock: Clock;
  log: Log;
  /** Ends everything. */
  signal: AbortSignal;
  /** The node as it is now. */
  node: () => NodeDescription;
  onRegistered: (nodeId: string) => void;
  /** One event of the stream; the next waits until it resolves. */
  onEvent: (event: string, data: string) => Promise<void>;
  /** It answers again after a silence. */
  onBack: () => void;
  counters: { heartbeats: number };
}

/** Without a byte for so long, also no keep-alive, the stream is dead although the socket does not know. */
const streamSilenceMs = limits.streamKeepAliveMs * 2.5;

export class MasterLink {
  readonly #options: MasterLinkOptions;
  #nodeId = "";
  #up = false;
  #interrupt: () => void = () => {};
  #stream = new AbortController();
  /** What the master has been told of the engine, as JSON: heartbeats carry it only when it is news. */
  #told = "";
  /** The rest of what it was told at the registration: a change needs another one. */
  #registered = "";

  constructor(options: MasterLinkOptions) {
    this.#options = options;
  }

  /** Did the master answer the last time? */
  get up(): boolean {
    return this.#up;
  }

  /** The node has changed: told at once, by a registration where a heartbeat cannot say it. */
  tell(): void {
    this.#interrupt();
  }

  /** Resolves when the node has registered; heartbeats and stream go on from then. */
  async join(): Promise<void> {
    await this.#register();
    void this.#beat();
    void this.#follow();
  }

  async #register(): Promise<void> {
    const { client, clock, log, signal, node, onRegistered } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    let complained = "";
    while (!signal.aborted) {
      const body = node();
      try {
        const answer = await client.call("registerNode", { body, signal, timeoutMs: limits.reportPatienceMs });
        if (answer.ok) {
          this.#nodeId = answer.value!.nodeId;
          onRegistered(this.#nodeId);
          this.#up = true;
          this.#told = newsOf(body);
          this.#registered = restOf(body);
          log.info("joined", { master: client.baseUrl, nodeId: this.#nodeId, hostname: body.hostname });
          return;
        }
        const { message, hint } = answer.refusal;
        if (complained !== message) log.error(`the master refuses this worker: ${message}`, { hint });
        complained = message;
      } catch (error) {
        if (signal.aborted) return;
        const { message } = error as Error;
        if (complained !== message) log.warn(`${message}; trying until it answers`);
        complained = message;
      }
      await delay(clock, pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, limits.retryMaxMs / 6);
    }
  }

  /** Heartbeats, at the pace the master asks for. */
  async #beat(): Promise<void> {
    const { clock, signal } = this.#options;
    let intervalMs: number = limits.heartbeatMinMs;
    while (!signal.aborted) {
      const interrupted = new AbortController();
      this.#interrupt = () => interrupted.abort();
      await delay(clock, intervalMs, AbortSignal.any([signal, interrupted.signal]));
      if (signal.aborted) return;
      if (restOf(this.#options.node()) !== this.#registered) await this.#register();
      intervalMs = await this.#beatOnce(intervalMs);
    }
  }

  /** Resolves to the pause before the next. */
  async #beatOnce(intervalMs: number): Promise<number> {
    const { client, log, signal, node, counters } = this.#options;
    const body = node();
    const news = newsOf(body);
    const known = news === this.#told;
    // Until it is acknowledged nobody knows what the master has heard: the answer may be lost, and the news not.
    if (!known) this.#told = "";
    try {
      const answer = await client.call("heartbeat", {
        id: this.#nodeId,
        body: known ? {} : JSON.parse(news),
        signal,
        timeoutMs: Math.max(intervalMs, limits.heartbeatMinMs) * 2,
      });
      if (answer.ok) {
        counters.heartbeats++;
        this.#told = news;
        this.#back();
        return answer.value!.nextHeartbeatMs;
      }
      if (answer.refusal.code === "node-not-found") {
        log.warn("the master does not know this node; registering again");
        await this.#register();
        // A master that has forgotten the node has forgotten its stream as well.
        this.#stream.abort();
      }
    } catch (error) {
      if (signal.aborted) return intervalMs;
      if (this.#up) log.warn("the master does not answer; containers go on running", { why: (error as Error).message });
      this.#up = false;
      return limits.heartbeatMinMs;
    }
    return intervalMs;
  }

  #back(): void {
    if (this.#up) return;
    this.#up = true;
    this.#options.log.info("the master answers again");
    // What it said meanwhile may still be under way in a stream that no longer is one: ask for the whole anew.
    this.#stream.abort();
    this.#options.onBack();
  }

  /** The stream of wishes, opened again whenever it ends. */
  async #follow(): Promise<void> {
    const { client, clock, log, signal, onEvent } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    while (!signal.aborted) {
      const stream = new AbortController();
      this.#stream = stream;
      let cancelSilence = () => {};
      const heard = () => {
        cancelSilence();
        cancelSilence = clock.timer(streamSilenceMs, () => stream.abort());
      };
      try {
        heard();
        const either = AbortSignal.any([signal, stream.signal]);
        const response = await client.fetch("nodeAssignments", {
          id: this.#nodeId,
          signal: either,
          timeoutMs: limits.reportPatienceMs,
        });
        if (response.ok && response.body) {
          pauseMs = limits.retryInitialMs / 5;
          for await (const { event, data } of readEvents(response.body, heard)) await onEvent(event, data);
        } else {
          await response.arrayBuffer();
        }
      } catch (error) {
        if (!signal.aborted && !stream.signal.aborted && !(error instanceof UnreachableError)) {
          log.warn("the stream of assignments broke", { why: (error as Error).message });
        }
      } finally {
        cancelSilence();
        stream.abort();
      }
      await delay(clock, pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, limits.retryMaxMs / 6);
    }
  }
}

function newsOf({ engine, engineError }: NodeDescription): string {
  return JSON.stringify({ engine: engine ?? null, engineError: engineError ?? null });
}

function restOf({ engine: _, engineError: __, nodeId: ___, ...rest }: NodeDescription): string {
  return JSON.stringify(rest);
}
