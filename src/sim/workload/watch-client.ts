// A client that keeps a copy of all records that watchers see: it lists once and then watches, over broken connections and
// restarts. The copy must equal a list, and no status of a task in it may go back.

import { Client } from "../../api/client.ts";
import { type Operation, type OperationId, operations } from "../../api/operations/operations.ts";
import type { WatchEvent } from "../../api/views/stream-events.ts";
import type { TaskView } from "../../api/views/task.ts";
import type { Random } from "../../lib/random.ts";
import { readEvents } from "../../lib/sse.ts";
import { type AnyKind, capitalised, kinds, type WatchedKind, watchedKinds } from "../../model/kinds/kinds.ts";
import { isTransition } from "../../model/task/transitions.ts";
import { masterUrl } from "../machines/master-machine.ts";
import type { Watching } from "../run/context.ts";
import type { Failure } from "../run/failure.ts";
import { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import { Process } from "../world/process.ts";
import type { World } from "../world/world.ts";
import { RecordCopy } from "./record-copy.ts";

const maxSilenceMs = 40_000;
/** At most so long until it connects again, and until it disconnects: its purpose is to resume. */
const reconnectWithinMs = 2000;
const staysWithinMs = 15_000;
/** One for all: the platform makes a new one, with the whole stack, for each abort without a reason. */
const left = new Error("the watch client has left");

interface ListOperation {
  kind: WatchedKind;
  id: OperationId;
  path: string;
  /** Lists all versions of one name; null: the list has every record. */
  versions: OperationId | null;
}

/** The operations that list these kinds: `listTasks` for the kind whose plural is `tasks`. */
export const listOperations: readonly ListOperation[] = watchedKinds.flatMap((kind) => {
  const id = `list${capitalised(kinds[kind].plural)}` as OperationId;
  const versions = `list${capitalised(kind)}Versions` as OperationId;
  const more = Object.hasOwn(operations, versions) ? versions : null;
  return Object.hasOwn(operations, id) ? [{ kind, id, path: operations[id].path, versions: more }] : [];
});

/** What it needs of the run. */
export interface WatchClientContext {
  world: World;
  network: Network;
  /** True when nothing breaks any more: then it stays connected. */
  readonly repaired: boolean;
  fail(failure: Omit<Failure, "atMs">): void;
}

export class WatchClient implements Watching {
  readonly records = new RecordCopy();
  readonly #context: WatchClientContext;
  readonly #process: Process;
  readonly #client: Client;
  readonly #random: Random;
  /** Resumes after this revision. Null if it must list first. */
  #revision: number | null = null;
  events = 0;
  resumes = 0;
  lists = 0;

  constructor(context: WatchClientContext) {
    this.#context = context;
    const host = new Host(context.world, "watcher");
    context.network.addHost(host);
    this.#process = new Process(context.world, host, "watcher");
    this.#random = context.world.random("watcher");
    const fetch = context.network.fetchFor(this.#process);
    this.#client = new Client({ baseUrl: masterUrl, fetch, clock: this.#process.clock });
    void this.#follow();
  }

  get revision(): number | null {
    return this.#revision;
  }

  async #follow(): Promise<void> {
    for (;;) {
      try {
        await this.#watch();
      } catch {
        // The connection broke: it resumes.
      }
      await new Promise<void>((resolve) => this.#process.clock.timer(this.#random.next() * reconnectWithinMs, resolve));
    }
  }

  async #watch(): Promise<void> {
    const stop = new AbortController();
    const leave = () => this.#context.repaired || stop.abort(left);
    const cancelLeave = this.#process.clock.timer(this.#random.next() * staysWithinMs, leave);
    let cancelSilence = () => {};
    const onBytes = () => {
      cancelSilence();
      cancelSilence = this.#process.clock.timer(maxSilenceMs, () => stop.abort(left));
    };
    const query = this.#revision === null ? {} : { since: this.#revision };
    const answer = await this.#client.fetch("watch", { query, signal: stop.signal, timeoutMs: 5000 });
    try {
      if (!answer.ok || !answer.body) {
        await answer.text();
        // The master no longer has the changes since then: list again.
        if (answer.status === 410 || answer.status === 409) this.#revision = null;
        return;
      }
      onBytes();
      this.resumes++;
      for await (const { event, data, id } of readEvents(answer.body, onBytes)) {
        if (event === "hello" && this.#revision === null) await this.#list(Number(id));
        else if (event === "change") this.#apply(JSON.parse(data) as WatchEvent);
        // Only the last event of a revision has its id.
        if (id !== "") this.#revision = Math.max(this.#revision ?? 0, Number(id));
      }
    } finally {
      cancelLeave();
      cancelSilence();
      stop.abort(left);
    }
  }

  /** The stream is open already, so that no change is lost between list and stream. */
  async #list(revision: number): Promise<void> {
    this.lists++;
    const lists: [WatchedKind, object[]][] = [];
    for (const operation of listOperations) lists.push([operation.kind, await this.#allOf(operation)]);
    for (const [kind, listed] of lists) this.records.replace(kind, listed);
    this.#revision = revision;
  }

  async #allOf(operation: ListOperation): Promise<object[]> {
    const listed = await this.#pages(operation);
    if (operation.versions === null) return listed;
    const all: object[] = [];
    for (const { name } of listed as { name: string }[]) {
      const response = await this.#client.fetch(operation.versions as "listConfigVersions", {
        id: name,
        timeoutMs: 5000,
      });
      if (!response.ok) throw new Error("removed in the meantime");
      all.push(...((await response.json()) as object[]));
    }
    return all;
  }

  async #pages({ kind, id }: ListOperation): Promise<object[]> {
    const all: object[] = [];
    const paged = (operations[id] as Operation).query === "taskList";
    for (let cursor = ""; ; ) {
      const query = { ...(paged ? { limit: 1000 } : {}), ...(cursor === "" ? {} : { cursor }) };
      const response = await this.#client.fetch(id as "listTasks", { query, timeoutMs: 5000 });
      if (!response.ok) throw new Error("no list");
      all.push(...((await response.json()) as object[]));
      if (!response.headers.get("link")) return all;
      cursor = (kinds[kind] as AnyKind).idOf(all.at(-1)!);
    }
  }

  #apply(event: WatchEvent): void {
    this.events++;
    if (!("task" in event) || this.#isNews(event.task)) this.records.apply(event);
  }

  /** False if the copy is ahead: the list may be newer than an event that was already under way. */
  #isNews(task: TaskView): boolean {
    const before = this.records.of("task").get(task.taskId);
    if (!before || before.status === task.status || reachable(before.status, task.status)) return true;
    if (reachable(task.status, before.status)) return false;
    this.#context.fail({
      class: "safety",
      checker: "status-goes-forward",
      message: `a watcher saw task ${task.taskId} go from ${before.status} to ${task.status}`,
    });
    return true;
  }
}

function reachable(from: TaskView["status"], to: TaskView["status"]): boolean {
  const order = ["pending", "scheduled", "running"] as const;
  if (isTransition(from, to)) return true;
  return order.some(
    (middle) => isTransition(from, middle) && (isTransition(middle, to) || (middle === "scheduled" && to !== from)),
  );
}
