// Clients that want tasks, see them to their end and remove them, a bounded number at a time, whatever breaks meanwhile:
// a request that got no answer, or 503, is sent again (a create with its Idempotency-Key). All goes into the book.
// Test support.

import type { TaskView } from "../../src/api/views/task.ts";
import type { Random } from "../../src/lib/random.ts";
import { isFinished } from "../../src/model/task/task.ts";
import { until } from "../../tools/lab/until.ts";
import { type Book, bookMount, type Entry, type Wish } from "./book.ts";
import type { TwoHosts } from "./two-hosts.ts";

/** What a master that was killed, or a node that was lost, may keep a client waiting for. */
const patienceMs = 120_000;
const retryMs = 50;
/** Long polls are asked again: one that a dead connection swallows must not hold a client for long. */
const pollSeconds = 10;

export type ChurnOptions = {
  /** Clients at once, each with one task. */
  inFlight: number;
  /** Tasks begun in a second, over all clients; without it, as fast as they end. */
  perSecond?: number;
};

export class Churn {
  readonly #world: TwoHosts;
  readonly #book: Book;
  readonly #random: Random;
  readonly #options: ChurnOptions;
  readonly #names: string;
  #begun = 0;
  #nextStartMs = 0;
  #pausing = false;
  #clients: Promise<unknown> = Promise.resolve();
  /** Tasks seen to their end. */
  ended = 0;
  /** Requests that had to be sent again. */
  retries = 0;
  /** What ended the clients before their time. */
  error: unknown = null;

  constructor(world: TwoHosts, book: Book, random: Random, names: string, options: ChurnOptions) {
    this.#world = world;
    this.#book = book;
    this.#random = random;
    this.#names = names;
    this.#options = options;
  }

  get begun(): number {
    return this.#begun;
  }

  /** Lets the clients begin; `count` tasks, or for ever. */
  begin(count = Number.POSITIVE_INFINITY): void {
    this.#pausing = false;
    const last = this.#begun + count;
    const clients = Array.from({ length: this.#options.inFlight }, () => this.#client(last));
    this.#clients = Promise.all(clients).catch((error) => {
      this.error ??= error;
      this.#pausing = true;
    });
  }

  /** Until the clients have done what they were to do. */
  async done(): Promise<void> {
    await this.#clients;
    if (this.error !== null) throw this.error;
  }

  /** No new tasks; resolves when those under way have ended. */
  async pause(): Promise<void> {
    this.#pausing = true;
    await this.done();
  }

  async #client(last: number): Promise<void> {
    while (!this.#pausing && this.#begun < last) {
      const number = this.#begun++;
      await this.#pace();
      const isJob = this.#random.next() < 0.7;
      const wish: Wish = {
        name: `${this.#names}-${number}`,
        kind: isJob ? "job" : "service",
        exitCode: isJob ? Math.floor(this.#random.next() * 4) : 0,
        policy: isJob ? "never" : "always",
      };
      const entry = await this.create(wish, Math.floor(this.#random.next() * 10) / 10);
      await this.#seeToItsEnd(entry);
      this.ended++;
      // Some are left to whoever cleans up, as users do.
      if (this.#random.next() < 0.7) await this.remove(entry);
    }
  }

  async #pace(): Promise<void> {
    const { perSecond } = this.#options;
    if (perSecond === undefined) return;
    const now = performance.now();
    this.#nextStartMs = Math.max(now, this.#nextStartMs + 1000 / perSecond);
    await Bun.sleep(this.#nextStartMs - now);
  }

  /** Asks for a task until that is acknowledged. */
  async create(wish: Wish, lastsSeconds = 0, more: object = {}): Promise<Entry> {
    const entry = this.#book.ask(wish);
    const body = {
      ...{ name: wish.name, image: this.#world.image, stopGraceSeconds: 2 },
      ...{ command: ["sh", "-c"], args: [this.#book.script(wish, lastsSeconds)] },
      mounts: [{ type: "bind", source: this.#book.folder, target: bookMount }],
      restartPolicy: { mode: wish.policy, backoffInitialMs: 100, backoffMaxMs: 1000 },
      ...more,
    };
    const task = (await this.#send("POST", "/api/v1/tasks", body, `key of ${wish.name}`)) as TaskView;
    this.#book.note(entry, task);
    return entry;
  }

  /** Waits for its end, over replacements; a service is stopped as soon as it runs. */
  async #seeToItsEnd(entry: Entry): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const newest = entry.lineage.at(-1)!;
      const goal = entry.kind === "job" || newest.desired === "stopped" ? "finished" : "running";
      const task = await this.#get(newest.taskId, `?wait=${goal}&timeout=${pollSeconds}s`);
      this.#book.note(entry, task);
      if (task.replacedBy !== null) this.#book.note(entry, await this.#get(task.replacedBy));
      else if (isFinished(task.status)) return this.#book.ended(entry);
      else if (entry.kind === "service" && task.status === "running") await this.stop(entry);
      if (performance.now() > deadline) {
        throw new Error(
          `${task.name} (${task.taskId}) is ${task.status} after ${patienceMs} ms: ${task.reason.message}`,
        );
      }
    }
  }

  async stop(entry: Entry): Promise<void> {
    const stopped = await this.#send("POST", `/api/v1/tasks/${entry.lineage.at(-1)!.taskId}/stop`);
    this.#book.note(entry, stopped as TaskView);
  }

  /** Stops what was to run on. */
  async end(entry: Entry): Promise<void> {
    await this.#seeToItsEnd(entry);
  }

  /** Removes the records of an entry that has ended. A second try finds what the first has done. */
  async remove(entry: Entry): Promise<void> {
    entry.removed = true;
    for (const { taskId } of entry.lineage) await this.#send("DELETE", `/api/v1/tasks/${taskId}`, undefined, "", 404);
  }

  /** Removes all that has ended and was left. */
  async prune(): Promise<void> {
    for (const entry of this.#book.entries.values()) {
      if (entry.endedMs !== null && !entry.removed) await this.remove(entry);
    }
  }

  async #get(taskId: string, query = ""): Promise<TaskView> {
    return (await this.#send("GET", `/api/v1/tasks/${taskId}${query}`)) as TaskView;
  }

  async #send(method: string, path: string, body?: object, key = "", alsoFine = 0): Promise<TaskView | null> {
    let tries = 0;
    return until(
      `${method} ${path} to be answered`,
      async () => {
        if (tries++ > 0) {
          this.retries++;
          await Bun.sleep(retryMs);
        }
        // What fails to be sent, or breaks off in the middle, throws, and is tried again.
        const answer = await this.#world.master.fetch(path, {
          method,
          headers: {
            ...(body ? { "content-type": "application/json" } : {}),
            ...(key === "" ? {} : { "idempotency-key": key }),
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        const text = await answer.text();
        if (answer.status === 503) throw new Error(text);
        const fine = answer.ok || (answer.status === alsoFine && tries > 1);
        return { text, refusal: fine ? null : `${method} ${path}: ${answer.status} ${text}`, isJson: answer.ok };
      },
      patienceMs,
    ).then(({ text, refusal, isJson }) => {
      if (refusal !== null) throw new Error(refusal);
      return isJson && text !== "" ? (JSON.parse(text) as TaskView) : null;
    });
  }
}
