// A client that holds a copy of all tasks by listing once and then watching, over breaks and restarts: the copy must be
// what a list says, and no task of it may ever go back.

import { Client } from "../../api/client.ts";
import type { WatchEvent } from "../../api/views/stream-events.ts";
import type { TaskView } from "../../api/views/task.ts";
import type { Random } from "../../lib/random.ts";
import { readEvents } from "../../lib/sse.ts";
import type { TaskId } from "../../model/ids.ts";
import { isTransition } from "../../model/task/transitions.ts";
import { masterUrl } from "../machines/master-machine.ts";
import type { RunContext } from "../run/context.ts";
import { Host } from "../world/host.ts";
import { Process } from "../world/process.ts";

const silenceMs = 40_000;
/** At most so long until it comes back, and until it leaves: it is there to resume. */
const againMs = 2000;
const staysMs = 15_000;

export class WatchClient {
  readonly tasks = new Map<TaskId, TaskView>();
  readonly #scene: RunContext;
  readonly #process: Process;
  readonly #client: Client;
  readonly #random: Random;
  /** Resume after this revision; null: list first. */
  #revision: number | null = null;
  events = 0;
  resumes = 0;
  lists = 0;

  constructor(scene: RunContext) {
    this.#scene = scene;
    const host = new Host(scene.world, "mirror");
    scene.network.addHost(host);
    this.#process = new Process(scene.world, host, "watcher");
    this.#random = scene.world.random("mirror");
    const fetch = scene.network.fetchFor(this.#process);
    this.#client = new Client({ baseUrl: masterUrl, fetch, clock: this.#process.clock });
    void this.#follow();
  }

  /** It has all changes up to this revision; null: it has not listed yet. */
  get revision(): number | null {
    return this.#revision;
  }

  async #follow(): Promise<void> {
    for (;;) {
      try {
        await this.#watch();
      } catch {
        // Broken off: it resumes.
      }
      await new Promise<void>((resolve) => this.#process.clock.timer(this.#random.next() * againMs, resolve));
    }
  }

  async #watch(): Promise<void> {
    const stop = new AbortController();
    const leave = () => this.#scene.healed || stop.abort();
    const cancelLeave = this.#process.clock.timer(this.#random.next() * staysMs, leave);
    let cancelSilence = () => {};
    const heard = () => {
      cancelSilence();
      cancelSilence = this.#process.clock.timer(silenceMs, () => stop.abort());
    };
    const query = this.#revision === null ? {} : { since: this.#revision };
    const answer = await this.#client.fetch("watch", { query, signal: stop.signal, timeoutMs: 5000 });
    try {
      if (!answer.ok || !answer.body) {
        await answer.text();
        // A gap that the master no longer remembers: everything anew.
        if (answer.status === 410 || answer.status === 409) this.#revision = null;
        return;
      }
      heard();
      this.resumes++;
      for await (const { event, data, id } of readEvents(answer.body, heard)) {
        if (event === "hello" && this.#revision === null) await this.#list(Number(id));
        else if (event === "change") this.#learn(JSON.parse(data) as WatchEvent);
        // Only the last event of a revision says that all of it has come.
        if (id !== "") this.#revision = Math.max(this.#revision ?? 0, Number(id));
      }
    } finally {
      cancelLeave();
      cancelSilence();
      stop.abort();
    }
  }

  /** The stream is open already, so that nothing falls between list and stream. */
  async #list(revision: number): Promise<void> {
    this.lists++;
    const all = new Map<TaskId, TaskView>();
    for (let cursor = ""; ; ) {
      const query = { limit: 1000, ...(cursor === "" ? {} : { cursor }) };
      const response = await this.#client.fetch("listTasks", { query, timeoutMs: 5000 });
      if (!response.ok) throw new Error("no list");
      const page = (await response.json()) as TaskView[];
      for (const task of page) all.set(task.taskId, task);
      if (!response.headers.get("link")) break;
      cursor = page.at(-1)!.taskId;
    }
    this.tasks.clear();
    for (const [taskId, task] of all) this.tasks.set(taskId, task);
    this.#revision = revision;
  }

  #learn(event: WatchEvent): void {
    this.events++;
    if ("taskId" in event) {
      this.tasks.delete(event.taskId as TaskId);
    } else if ("task" in event) {
      const { task } = event;
      const before = this.tasks.get(task.taskId);
      // What the list brought may be newer than an event that was already under way.
      if (before && before.status !== task.status && !reachable(before.status, task.status)) {
        if (reachable(task.status, before.status)) return;
        this.#scene.fail({
          class: "safety",
          checker: "status-goes-forward",
          message: `a watcher saw task ${task.taskId} go from ${before.status} to ${task.status}`,
        });
      }
      this.tasks.set(task.taskId, task);
    }
  }
}

function reachable(from: TaskView["status"], to: TaskView["status"]): boolean {
  const order = ["pending", "scheduled", "running"] as const;
  if (isTransition(from, to)) return true;
  return order.some(
    (middle) => isTransition(from, middle) && (isTransition(middle, to) || (middle === "scheduled" && to !== from)),
  );
}
