// Clients that create tasks, wait for their ends and remove them, a bounded number at a time, also during faults: a request
// without an answer, or with 503, is sent again (a create with its Idempotency-Key). The book keeps all of it. Test support.

import type { TaskView } from "../../src/api/views/task.ts";
import type { Random } from "../../src/lib/random.ts";
import { isFinished } from "../../src/model/task/reason.ts";
import { until } from "../../tools/lab/until.ts";
import { type Book, bookMount, type Entry, type Order } from "./book.ts";
import type { TwoHosts } from "./two-hosts.ts";

/** How long a client waits for a killed master or a lost node. */
const waitMs = 120_000;
const retryMs = 50;
/** Long polls are short, so that one on a dead connection is soon sent again. */
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
  /** What made the clients stop early; null if nothing did. */
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

  /** Starts the clients, for `count` tasks or until `pause`. */
  begin(count = Number.POSITIVE_INFINITY): void {
    this.#pausing = false;
    const last = this.#begun + count;
    const clients = Array.from({ length: this.#options.inFlight }, () => this.#client(last));
    this.#clients = Promise.all(clients).catch((error) => {
      this.error ??= error;
      this.#pausing = true;
    });
  }

  /** Resolves when the clients have done their tasks; rejects with their error. */
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
      const order: Order = {
        name: `${this.#names}-${number}`,
        kind: isJob ? "job" : "service",
        exitCode: isJob ? Math.floor(this.#random.next() * 4) : 0,
        policy: isJob ? "never" : "always",
      };
      const entry = await this.create(order, Math.floor(this.#random.next() * 10) / 10);
      await this.#waitForEnd(entry);
      this.ended++;
      // Some tasks are left for prune(), as users leave them.
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

  /** Sends a create until it is acknowledged. */
  async create(order: Order, lastsSeconds = 0, more: object = {}): Promise<Entry> {
    const entry = this.#book.ask(order);
    const body = {
      ...{ name: order.name, image: this.#world.image, stopGraceSeconds: 2 },
      ...{ command: ["sh", "-c"], args: [this.#book.script(order, lastsSeconds)] },
      mounts: [{ type: "bind", source: this.#book.folder, target: bookMount }],
      restartPolicy: { mode: order.policy, backoffInitialMs: 100, backoffMaxMs: 1000 },
      ...more,
    };
    const task = (await this.#send("POST", "/api/v1/tasks", body, `key of ${order.name}`)) as TaskView;
    this.#book.note(entry, task);
    return entry;
  }

  /** Waits for the task's end, and for that of its replacements; stops a service as soon as it runs. */
  async #waitForEnd(entry: Entry): Promise<void> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const newest = entry.lineage.at(-1)!;
      const goal = entry.kind === "job" || newest.desired === "stopped" ? "finished" : "running";
      const task = await this.#get(newest.taskId, `?wait=${goal}&timeout=${pollSeconds}s`);
      this.#book.note(entry, task);
      if (task.replacedBy !== null) this.#book.note(entry, await this.#get(task.replacedBy));
      else if (isFinished(task.status)) return this.#book.ended(entry);
      else if (entry.kind === "service" && task.status === "running") await this.stop(entry);
      if (performance.now() > deadline) {
        throw new Error(`${task.name} (${task.taskId}) is ${task.status} after ${waitMs} ms: ${task.reason.message}`);
      }
    }
  }

  async stop(entry: Entry): Promise<void> {
    const stopped = await this.#send("POST", `/api/v1/tasks/${entry.lineage.at(-1)!.taskId}/stop`);
    this.#book.note(entry, stopped as TaskView);
  }

  /** Stops a service that was kept running. */
  async end(entry: Entry): Promise<void> {
    await this.#waitForEnd(entry);
  }

  /** Removes the records of an entry that has ended. A repeated request may get 404. */
  async remove(entry: Entry): Promise<void> {
    entry.removed = true;
    for (const { taskId } of entry.lineage) await this.#send("DELETE", `/api/v1/tasks/${taskId}`, undefined, "", 404);
  }

  /** Removes every ended task that is not removed yet. */
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
        // A request that cannot be sent, or an answer that breaks off, throws, and is tried again.
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
      waitMs,
    ).then(({ text, refusal, isJson }) => {
      if (refusal !== null) throw new Error(refusal);
      return isJson && text !== "" ? (JSON.parse(text) as TaskView) : null;
    });
  }
}
