// The worker's connection to its master: registers the node, sends heartbeats, and reads the stream of assignments, each
// again and again until it succeeds. It knows nothing of containers.

import { type Client, type PreparedCall, readRefusal } from "../../api/client.ts";
import { shortAnswer } from "../../api/prefer-header.ts";
import type { HeartbeatAnswer } from "../../api/views/heartbeat-answer.ts";
import { Alarm } from "../../lib/alarm.ts";
import { type CancelTimer, type Clock, delay } from "../../lib/clock.ts";
import { doubled } from "../../lib/doubled.ts";
import type { Log } from "../../lib/log.ts";
import type { Random } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import { readAssignments } from "./assignment-reader.ts";
import type { EngineNewsListener } from "./engine-link.ts";
import { failuresOfSilence, patienceAfter, quickTries } from "./heartbeat-patience.ts";
import { HeartbeatStream } from "./heartbeat-stream.ts";
import type { MasterListener } from "./master-listener.ts";
import { type NodeSource, newsOf, Registration, restOf } from "./node-description.ts";
import { RegistrationLog } from "./registration-log.ts";

export interface MasterLinkOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** Ends everything. */
  signal: AbortSignal;
  node: NodeSource;
  counters: { heartbeats: number };
}

/** Claims of a node that another worker may have follow one another like tries after so many failures: within a second. */
const triesOfClaim = 4;

export class MasterLink implements EngineNewsListener {
  readonly #options: MasterLinkOptions;
  /** Null before join(). */
  #listener: MasterListener | null = null;
  readonly #nextStream: Alarm;
  #nodeId = "";
  #up = false;
  /** Heartbeats without an answer since the last that had one. */
  #failures = 0;
  #intervalMs: number = limits.heartbeatMinMs;
  #reconnectWithinMs = 0;
  #patienceMs: number = limits.heartbeatMinMs;
  /** Aborts the heartbeat under way. Used for many, and replaced only after one that was given up. */
  #beating = new AbortController();
  /** True from the moment a heartbeat is due until it is answered, refused or given up. */
  #underWay = false;
  /** Carries heartbeats without news while it is open. */
  readonly #heartbeats: HeartbeatStream;
  /** True when the heartbeat under way was sent over it. */
  #byStream = false;
  /** The stream of assignments that this worker read when it sent the last heartbeat. Null if it read none. */
  #streamAtBeat: AbortController | null = null;
  /** True when another heartbeat must follow the one under way at once. */
  #beatAgain = false;
  /** When the last heartbeat was sent, and when the next is due. By Clock.elapsed(), as #armedAt. */
  #sentAt = 0;
  #nextBeatAt = 0;
  /** What the timer is set to; 0 after it has fired. */
  #armedAt = 0;
  #cancelBeat: CancelTimer = () => {};
  #ended = false;
  /** Null until the first heartbeat. */
  #emptyBeat: { nodeId: string; send: PreparedCall } | null = null;
  /** The last answer, as text and parsed. */
  #lastText = "";
  #answer: HeartbeatAnswer | null = null;
  #stream = new AbortController();
  #following = false;
  /** True while this end has ended the stream in order to open it again. */
  #reopening = false;
  /** True when something about the node may be news to the master. */
  #changed = true;
  /** What was last sent about the engine, as JSON: heartbeats carry it only when it changes. */
  #sentNews = "";
  /** The part of it that says why the engine cannot be used. */
  #sentError: string | null = null;
  /** The other fields of the last registration: a change needs another registration. */
  #registered = "";
  readonly #registration = new Registration();

  constructor(options: MasterLinkOptions) {
    this.#options = options;
    this.#nextStream = new Alarm(options.clock);
    this.#heartbeats = new HeartbeatStream({
      ...options,
      onAnswer: (text) => this.#byStream && this.#answeredWith(text, null),
      onOver: (error) => this.#streamOver(error),
    });
    options.signal.addEventListener("abort", () => {
      this.#ended = true;
      this.#beating.abort();
      this.#heartbeats.drop("the worker stops");
      this.#stream.abort();
      this.#cancelBeat();
      this.#nextStream.ring();
    });
  }

  /** True when a stream is open that has begun with the whole set. */
  get following(): boolean {
    return this.#following;
  }

  /** True when the master answers. */
  get up(): boolean {
    return this.#up;
  }

  /** The node has changed: sends it at once, by a registration if a heartbeat cannot carry it. */
  onEngineNews(): void {
    this.#changed = true;
    this.#beatNow();
  }

  /** Resolves when the node has registered; heartbeats and stream go on from then. */
  async join(listener: MasterListener): Promise<void> {
    this.#listener = listener;
    await this.#register();
    this.#startBeats();
    void this.#follow();
  }

  async #register(): Promise<void> {
    const { client, clock, signal, node } = this.#options;
    const notes = new RegistrationLog(this.#options.log);
    for (let failures = 1; !signal.aborted; failures++) {
      this.#changed = false;
      const body = node.describe();
      try {
        const answer = await client.call("registerNode", { ...this.#registration.request(body), signal });
        if (answer.ok) {
          this.#nodeId = answer.value!.nodeId;
          this.#heartbeats.drop("the node has registered again");
          this.#listener?.onRegistered(this.#nodeId, answer.value!.address);
          this.#up = true;
          this.#remember(newsOf(body));
          this.#registered = restOf(body);
          notes.joined(client.shownUrl, body, answer.value!);
          return;
        }
        if (this.#registration.shorten(answer.refusal.code)) continue;
        notes.refused(answer.refusal);
        // The master finds out within a few heartbeats whether the other worker runs.
        if (answer.refusal.code === "node-alive") failures = Math.min(failures, triesOfClaim);
      } catch (error) {
        if (!signal.aborted) notes.failed((error as Error).message);
      }
      await delay(clock, this.#pauseAfter(failures, limits.retryMaxMs / 6), signal);
    }
  }

  /** Short at first, then doubled each time. Random, so that a thousand workers do not come back at once. */
  #pauseAfter(failures: number, mostMs: number): number {
    const { random } = this.#options;
    const baseMs = doubled(limits.reconnectInitialMs, failures - 1, mostMs);
    return baseMs * (1 + random.next()) * 0.5 + this.#reconnectWithinMs * random.next();
  }

  // ---- heartbeats: one after the other, with one timer that is both the next one's time and this one's patience

  #startBeats(): void {
    // The first at a random time of the interval: workers that joined together do not beat together.
    this.#nextBeatAt = this.#options.clock.elapsed() + this.#intervalMs * this.#options.random.next();
    this.#armBeat(this.#nextBeatAt);
  }

  #armBeat(at: number): void {
    const { clock } = this.#options;
    this.#cancelBeat();
    this.#armedAt = at;
    if (!this.#ended) this.#cancelBeat = clock.timer(Math.max(1, at - clock.elapsed()), this.#onBeatTimer);
  }

  readonly #onBeatTimer = () => {
    this.#armedAt = 0;
    if (this.#ended) return;
    if (!this.#underWay) {
      this.#beat();
      return;
    }
    const givesUpAt = this.#sentAt + this.#patienceMs;
    if (givesUpAt - this.#options.clock.elapsed() >= 1) {
      this.#armBeat(givesUpAt);
      return;
    }
    const error = new Error(`no answer within ${Math.round(this.#patienceMs)} ms`);
    if (this.#byStream) {
      this.#heartbeats.drop(error.message);
      this.#streamOver(error);
      return;
    }
    const beating = this.#beating;
    this.#beating = new AbortController();
    beating.abort(error);
  };

  /** Sends a heartbeat now, or right after the answer to the one that is under way. */
  #beatNow(): void {
    if (this.#nodeId === "" || this.#options.signal.aborted) return;
    if (this.#underWay) this.#beatAgain = true;
    else this.#beat();
  }

  #beat(): void {
    this.#underWay = true;
    if (this.#changed) void this.#beatWithNews();
    else this.#sendBeat(null);
  }

  async #beatWithNews(): Promise<void> {
    this.#cancelBeat(); // a registration has its own patience
    const news = await this.#news();
    if (!this.#options.signal.aborted) this.#sendBeat(news);
  }

  #sendBeat(news: string | null): void {
    const { client, clock, random } = this.#options;
    this.#streamAtBeat = this.#following ? this.#stream : null;
    this.#sentAt = clock.elapsed();
    this.#nextBeatAt = this.#sentAt + this.#intervalMs * (1 - limits.heartbeatJitter * random.next());
    this.#armBeat(Math.min(this.#nextBeatAt, this.#sentAt + this.#patienceMs));
    this.#byStream = news === null && this.#heartbeats.isOpen;
    if (this.#byStream) return void this.#heartbeats.send();
    const asked = { id: this.#nodeId, headers: shortAnswer };
    if (this.#emptyBeat?.nodeId !== this.#nodeId)
      this.#emptyBeat = { nodeId: this.#nodeId, send: client.prepare("heartbeat", asked) };
    const { signal } = this.#beating;
    const withNews = () => client.fetch("heartbeat", { ...asked, body: JSON.parse(news!), signal });
    (news === null ? this.#emptyBeat.send(signal) : withNews())
      .then((response) => (response.ok ? this.#answered(response, news) : this.#refused(response, news)))
      .catch((error) => this.#failed(client.unreachable(error, signal), news));
  }

  /** The stream of heartbeats is over; null: the master wants a request. */
  #streamOver(error: Error | null): void {
    if (!this.#byStream) return;
    this.#byStream = false;
    if (error === null) this.#sendBeat(null);
    else this.#failed(this.#options.client.unreachable(error), null);
  }

  async #answered(response: Response, news: string | null): Promise<void> {
    this.#answeredWith(await response.text(), news);
    // Only a master that answers requests is asked for a stream.
    if (!this.#options.signal.aborted) this.#heartbeats.open(this.#nodeId);
  }

  #answeredWith(text: string, news: string | null): void {
    this.#failures = 0;
    this.#patienceMs = patienceAfter(this.#options.clock.elapsed() - this.#sentAt);
    this.#options.counters.heartbeats++;
    if (news !== null) this.#remember(news);
    // Nearly every answer is the one before.
    if (text !== this.#lastText || news !== null) {
      this.#answer = JSON.parse(text) as HeartbeatAnswer;
      this.#lastText = text;
    }
    this.#byStream = false;
    this.#learn(this.#answer!);
    this.#back();
    if (this.#answer!.streamOpen === false) this.#reopenIfCurrent(this.#streamAtBeat);
    this.#beatEnded(this.#nextBeatAt);
  }

  async #refused(response: Response, news: string | null): Promise<void> {
    const { refusal } = await readRefusal(response);
    this.#failures = 0;
    this.#patienceMs = patienceAfter(this.#options.clock.elapsed() - this.#sentAt);
    if (news !== null) this.#changed = true;
    if (refusal.code === "node-not-found") {
      this.#options.log.warn(`the master refuses a heartbeat: ${refusal.message}; registering again`);
      await this.#register();
      // A master that has lost the node record has lost its stream as well.
      this.syncAgain();
    }
    this.#beatEnded(this.#nextBeatAt);
  }

  #failed(error: Error, news: string | null): void {
    const { signal, clock } = this.#options;
    if (signal.aborted) return;
    this.#unanswered(error);
    if (news !== null) this.#sendAgain();
    this.#beatEnded(clock.elapsed() + this.#pauseAfter(this.#failures, limits.retryInitialMs));
  }

  #beatEnded(nextAt: number): void {
    this.#underWay = false;
    if (this.#beatAgain) {
      this.#beatAgain = false;
      this.#beat();
    } else if (nextAt !== this.#armedAt) {
      this.#armBeat(nextAt); // otherwise the timer was set to this time when the heartbeat was sent
    }
  }

  #remember(news: string): void {
    this.#sentNews = news;
    this.#sentError = (JSON.parse(news) as { engineError: string | null }).engineError;
  }

  /** The answer was lost, so the master may have the change or not: sends it again, also if it has been undone since. */
  #sendAgain(): void {
    this.#changed = true;
    this.#sentNews = "";
  }

  /** What changed about the engine, as JSON; null if nothing did. Registers if something else changed. */
  async #news(): Promise<string | null> {
    this.#changed = false;
    const body = this.#options.node.describe();
    if (restOf(body) !== this.#registered) {
      await this.#register();
      return null;
    }
    const news = newsOf(body);
    return news === this.#sentNews ? null : news;
  }

  #learn({ nextHeartbeatMs, reconnectWithinMs, engineError }: HeartbeatAnswer): void {
    this.#intervalMs = nextHeartbeatMs;
    this.#reconnectWithinMs = reconnectWithinMs ?? 0;
    // Requests overtake one another: an older report about the engine may have arrived last.
    if (engineError !== undefined && engineError !== this.#sentError) this.#sendAgain();
  }

  #unanswered({ message }: Error): void {
    const { log } = this.#options;
    this.#failures++;
    if (this.#failures >= quickTries) this.#patienceMs = Math.min(this.#patienceMs * 2, limits.reportPatienceMs);
    if (!this.#up || this.#failures < failuresOfSilence) return;
    log.warn("the master does not answer; containers keep running", { why: message });
    this.#up = false;
  }

  #back(): void {
    if (this.#up) return;
    this.#up = true;
    this.#options.log.info("the master answers again");
    // Events of that time may be lost in a stream that is dead: ask for the whole set again.
    this.syncAgain();
    this.#listener?.onMasterBack();
  }

  /**
   * The master has no stream of this node. `stream` is the one that this worker read when it sent the heartbeat: its
   * connection has ended without a word, as after a suspend. Nothing is done where it was replaced meanwhile.
   */
  #reopenIfCurrent(stream: AbortController | null): void {
    if (stream === null || stream !== this.#stream || stream.signal.aborted) return;
    this.#options.log.warn("the master has no assignment stream of this node; opening it again");
    this.syncAgain();
  }

  /** Asks for the whole set of assignments again. */
  syncAgain(): void {
    this.#reopening = true;
    this.#stream.abort();
    this.#nextStream.ring();
  }

  /** The stream of assignments, opened again whenever it ends. */
  async #follow(): Promise<void> {
    const { signal } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      failures = (await this.#followOnce()) ? 1 : failures + 1;
      if (signal.aborted) return;
      if (this.#registration.restore()) {
        this.#registered = ""; // the next heartbeat registers again
        this.#changed = true;
      }
      await this.#nextStream.wait(this.#pauseAfter(failures, limits.retryMaxMs / 6));
      // The master takes the end of the stream as a hint that the worker has ended: show at once that it has not.
      if (!this.#reopening) this.#beatNow();
      this.#reopening = false;
    }
  }

  /** Resolves when it has ended, to whether it had begun. */
  async #followOnce(): Promise<boolean> {
    this.#stream = new AbortController();
    const begun = await readAssignments({
      ...this.#options,
      nodeId: this.#nodeId,
      stream: this.#stream,
      onEvent: async (event, data) => {
        this.#following = true;
        await this.#listener?.onAssignmentEvent(event, data);
      },
    });
    this.#following = false;
    return begun;
  }
}
