// The worker's end of the wire to its master: registers, sends heartbeats, and follows the stream of assignments, for as
// long as it takes. It knows nothing of containers.

import { type Client, UnreachableError } from "../../api/client.ts";
import type { BodyInput } from "../../api/operations/operations.ts";
import type { HeartbeatAnswer } from "../../api/schemas/schemas.ts";
import { Alarm } from "../../lib/alarm.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Random } from "../../lib/random.ts";
import { readEvents } from "../../lib/sse.ts";
import { limits } from "../../model/limits.ts";

export type NodeDescription = BodyInput<"registerNode">;

export interface MasterLinkOptions {
  client: Client;
  clock: Clock;
  random: Random;
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
/** One heartbeat may fail without meaning anything: a request is lost, a connection was just closed. */
const failuresOfSilence = 2;
/** So many try with the least patience, so that they fit into a lease; then the line may be a slow one. */
const quickTries = 3;

export class MasterLink {
  readonly #options: MasterLinkOptions;
  readonly #nextBeat: Alarm;
  readonly #nextStream: Alarm;
  #nodeId = "";
  #up = false;
  /** Heartbeats without an answer since the last that had one. */
  #failures = 0;
  #intervalMs: number = limits.heartbeatMinMs;
  #reconnectWithinMs = 0;
  #patienceMs: number = limits.heartbeatMinMs;
  /** Used for one heartbeat after the other, and anew only after one that had to be given up. */
  #beating = new AbortController();
  #stream = new AbortController();
  #following = false;
  /** It is this end that ended the stream, to have it anew. */
  #reopening = false;
  /** Something about the node may be news to the master. */
  #changed = true;
  /** What the master has been told of the engine, as JSON: heartbeats carry it only when it is news. */
  #told = "";
  /** Of it, why the engine cannot be used. */
  #toldError: string | null = null;
  /** The rest of what it was told at the registration: a change needs another one. */
  #registered = "";

  constructor(options: MasterLinkOptions) {
    this.#options = options;
    this.#nextBeat = new Alarm(options.clock);
    this.#nextStream = new Alarm(options.clock);
    options.signal.addEventListener("abort", () => {
      this.#beating.abort();
      this.#stream.abort();
      this.#nextBeat.ring();
      this.#nextStream.ring();
    });
  }

  /** Is a stream open that has begun with the whole set? */
  get following(): boolean {
    return this.#following;
  }

  /** Does the master answer? */
  get up(): boolean {
    return this.#up;
  }

  /** The node has changed: told at once, by a registration where a heartbeat cannot say it. */
  tell(): void {
    this.#changed = true;
    if (this.#nodeId !== "") this.#nextBeat.ring();
  }

  /** Resolves when the node has registered; heartbeats and stream go on from then. */
  async join(): Promise<void> {
    await this.#register();
    void this.#beat();
    void this.#follow();
  }

  async #register(): Promise<void> {
    const { client, clock, log, signal, node, onRegistered } = this.#options;
    let complained = "";
    for (let failures = 1; !signal.aborted; failures++) {
      this.#changed = false;
      const body = node();
      try {
        const answer = await client.call("registerNode", { body, signal, timeoutMs: limits.reportPatienceMs });
        if (answer.ok) {
          this.#nodeId = answer.value!.nodeId;
          onRegistered(this.#nodeId);
          this.#up = true;
          this.#remember(newsOf(body));
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
      await delay(clock, this.#pauseAfter(failures, limits.retryMaxMs / 6), signal);
    }
  }

  /** Soon at first, then twice as long each time; at a moment of its own, so that a thousand workers do not come at once. */
  #pauseAfter(failures: number, mostMs: number): number {
    const { random } = this.#options;
    const baseMs = Math.min(limits.reconnectInitialMs * 2 ** Math.min(failures - 1, 20), mostMs);
    return baseMs * (1 + random.next()) * 0.5 + this.#reconnectWithinMs * random.next();
  }

  /** Heartbeats, at the pace the master asks for. */
  async #beat(): Promise<void> {
    const { signal, random } = this.#options;
    // The first anywhere in the beat: workers that joined together do not beat together.
    let pauseMs = this.#intervalMs * random.next();
    while (!signal.aborted) {
      await this.#nextBeat.wait(pauseMs);
      if (signal.aborted) return;
      pauseMs = await this.#beatOnce();
    }
  }

  /** Resolves to the pause before the next. */
  async #beatOnce(): Promise<number> {
    const { client, clock, log, signal, counters, random } = this.#options;
    const news = this.#changed ? await this.#news() : null;
    const beating = this.#beating;
    const stream = this.#following ? this.#stream : null;
    const sentAt = clock.elapsed();
    const cancelPatience = clock.timer(this.#patienceMs, () => {
      this.#beating = new AbortController();
      beating.abort(new Error(`no answer within ${Math.round(this.#patienceMs)} ms`));
    });
    try {
      const body = news === null ? nothingNew : JSON.parse(news);
      const answer = await client.call("heartbeat", { id: this.#nodeId, body, signal: beating.signal });
      this.#failures = 0;
      this.#patienceMs = patienceAfter(clock.elapsed() - sentAt);
      if (answer.ok) {
        counters.heartbeats++;
        if (news !== null) this.#remember(news);
        this.#learn(answer.value!);
        this.#back();
        if (answer.value!.streamOpen === false) this.#reopenIfCurrent(stream);
      } else {
        if (news !== null) this.#changed = true;
        if (answer.refusal.code === "node-not-found") {
          log.warn("the master does not know this node; registering again");
          await this.#register();
          // A master that has forgotten the node has forgotten its stream as well.
          this.#reopenStream();
        }
      }
      return this.#intervalMs * (1 - limits.heartbeatJitter * random.next());
    } catch (error) {
      if (!signal.aborted) this.#unanswered(error as Error);
      if (news !== null) this.#tellAnew();
      return this.#pauseAfter(this.#failures, limits.retryInitialMs);
    } finally {
      cancelPatience();
    }
  }

  #remember(news: string): void {
    this.#told = news;
    this.#toldError = (JSON.parse(news) as { engineError: string | null }).engineError;
  }

  /** The answer was lost; whether the master has heard the news nobody knows, not even when it is news no more. */
  #tellAnew(): void {
    this.#changed = true;
    this.#told = "";
  }

  /** What is new of the engine, as JSON; null: nothing. What a heartbeat cannot say is told by a registration. */
  async #news(): Promise<string | null> {
    this.#changed = false;
    const body = this.#options.node();
    if (restOf(body) !== this.#registered) {
      await this.#register();
      return null;
    }
    const news = newsOf(body);
    return news === this.#told ? null : news;
  }

  #learn({ nextHeartbeatMs, reconnectWithinMs, engineError }: HeartbeatAnswer): void {
    this.#intervalMs = nextHeartbeatMs;
    this.#reconnectWithinMs = reconnectWithinMs ?? 0;
    // Requests overtake one another: an older word of the engine may have come last.
    if (engineError !== undefined && engineError !== this.#toldError) this.#tellAnew();
  }

  #unanswered({ message }: Error): void {
    const { log } = this.#options;
    this.#failures++;
    if (this.#failures >= quickTries) this.#patienceMs = Math.min(this.#patienceMs * 2, limits.reportPatienceMs);
    if (!this.#up || this.#failures < failuresOfSilence) return;
    log.warn("the master does not answer; containers go on running", { why: message });
    this.#up = false;
  }

  #back(): void {
    if (this.#up) return;
    this.#up = true;
    this.#options.log.info("the master answers again");
    // What it said meanwhile may still be under way in a stream that no longer is one: ask for the whole anew.
    this.#reopenStream();
    this.#options.onBack();
  }

  /**
   * The master has no stream of this node. `stream` is the one that this worker read when it sent the heartbeat: its
   * connection has ended without a word, as after a suspend. Nothing is done where it was replaced meanwhile.
   */
  #reopenIfCurrent(stream: AbortController | null): void {
    if (stream === null || stream !== this.#stream || stream.signal.aborted) return;
    this.#options.log.warn("the master has no assignment stream of this node; opening it again");
    this.#reopenStream();
  }

  #reopenStream(): void {
    this.#reopening = true;
    this.#stream.abort();
    this.#nextStream.ring();
  }

  /** The stream of wishes, opened again whenever it ends. */
  async #follow(): Promise<void> {
    const { signal } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      failures = (await this.#followOnce()) ? 1 : failures + 1;
      if (signal.aborted) return;
      await this.#nextStream.wait(this.#pauseAfter(failures, limits.retryMaxMs / 6));
      // To the master the end of the stream is a hint that the worker has ended: it shows that it lives.
      if (!this.#reopening) this.#nextBeat.ring();
      this.#reopening = false;
    }
  }

  /** Resolves when it has ended, to whether it had begun. */
  async #followOnce(): Promise<boolean> {
    const { client, clock, log, signal, onEvent } = this.#options;
    const stream = new AbortController();
    this.#stream = stream;
    let begun = false;
    let heardAt = clock.elapsed();
    let cancelSilence = () => {};
    const listen = () => {
      // Whole milliseconds: less than one is a rounding error of the sum, and would be waited for without end.
      const leftMs = Math.floor(heardAt + streamSilenceMs - clock.elapsed());
      if (leftMs <= 0) stream.abort();
      else cancelSilence = clock.timer(leftMs, listen);
    };
    const heard = () => {
      heardAt = clock.elapsed();
    };
    try {
      listen();
      const asked = { id: this.#nodeId, signal: stream.signal, timeoutMs: limits.reportPatienceMs };
      const response = await client.fetch("nodeAssignments", asked);
      if (response.ok && response.body) {
        begun = true;
        for await (const { event, data } of readEvents(response.body, heard)) {
          this.#following = true;
          await onEvent(event, data);
        }
      } else {
        await response.arrayBuffer();
      }
    } catch (error) {
      if (!signal.aborted && !stream.signal.aborted && !(error instanceof UnreachableError)) {
        log.warn("the stream of assignments broke", { why: (error as Error).message });
      }
    } finally {
      this.#following = false;
      cancelSilence();
      stream.abort();
    }
    return begun;
  }
}

const nothingNew = {};

/** A line that takes its time gets it; one that is quick is asked again soon. */
function patienceAfter(tookMs: number): number {
  return Math.min(Math.max(limits.heartbeatMinMs, tookMs * 2), limits.reportPatienceMs);
}

function newsOf({ engine, engineError }: NodeDescription): string {
  return JSON.stringify({ engine: engine ?? null, engineError: engineError ?? null });
}

function restOf({ engine: _, engineError: __, nodeId: ___, ...rest }: NodeDescription): string {
  return JSON.stringify(rest);
}
