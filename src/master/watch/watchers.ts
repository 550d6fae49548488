// Tells of what has become durable: watchers get every change, a worker gets what concerns its node, and whoever
// waits for one task is woken. It holds the latest changes, so that a watcher can resume.

import type { GoneEvent, WatchEvent } from "../../api/views/stream-events.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Removed } from "../../core/state/removed.ts";
import { type Clock, toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { formatEvent } from "../../lib/sse.ts";
import type { Batch } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Node, NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isFinished, isPlaced, type Task } from "../../model/task/task.ts";
import { TaskTexts } from "../http/task-texts.ts";
import type { AssignmentStreams } from "../node-health/assignment-streams.ts";
import { EventStream, encodeEvents } from "./event-stream.ts";

type TaskFilter = (task: Task) => boolean;

interface Watcher {
  stream: EventStream;
  /** Null: every change. Else only tasks for which it holds, as task and gone events. */
  filter: TaskFilter | null;
  /** The tasks that a filtered watcher has been shown. */
  shown: Set<TaskId>;
}

export interface WatchersOptions {
  state: ClusterState;
  clock: Clock;
  view: (node: NodeRecord) => Node;
  /** Counts the open assignment streams of each node. */
  streams: AssignmentStreams;
  /** The newest revision of the log; the state may still be behind it, and what is replayed is then recalled. */
  revision: number;
}

export class Watchers {
  readonly #options: WatchersOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #assignments = new Map<NodeId, Set<EventStream>>();
  readonly #waiting = new Map<TaskId, Set<(task: Task | null) => void>>();
  /** Newest last. */
  #history: WatchEvent[] = [];
  /** Watchers can resume after this revision and later ones. */
  #historyFrom: number;
  #streams = 0;
  readonly texts = new TaskTexts();
  /** The set that was last sent to begin with: whoever asks for the same at the same revision shares it. */
  #firstSet: { revision: number; key: string; bytes: Uint8Array } | null = null;

  constructor(options: WatchersOptions) {
    this.#options = options;
    this.#historyFrom = options.revision;
  }

  get streamCount(): number {
    return this.#streams;
  }

  // ---- telling

  /** A batch of before this master, so that watchers can resume over a restart. Batches come in order. */
  replayHistory(batch: Batch, removed: Removed): void {
    if (this.#history.length === 0) this.#historyFrom = Math.min(this.#historyFrom, batch.revision - 1);
    this.#remember(this.#eventsOf(batch, removed));
  }

  publish(batch: Batch, removed: Removed): void {
    this.#firstSet = null;
    const events = this.#eventsOf(batch, removed);
    this.#remember(events);
    this.#tellWorkers(batch, removed);
    if (this.#watchers.size > 0) this.#tellWatchers(events);
    if (this.#waiting.size > 0) for (const event of events) this.#wakeWaiting(event);
  }

  /** One event for each record that changed, with the record as the batch left it. */
  #eventsOf({ revision, at: ms, changes }: Batch, removed: Removed): WatchEvent[] {
    const { state, view } = this.#options;
    const at = toTimestamp(ms);
    const events = new Map<string, WatchEvent>();
    for (const change of changes) {
      if (change.type === "task.created" || change.type === "task.updated") {
        const taskId = change.type === "task.created" ? change.task.taskId : change.taskId;
        const task = state.tasks.get(taskId);
        const type = events.get(taskId)?.type ?? change.type;
        if (task) events.set(taskId, { revision, at, type: type as "task.updated", task });
      } else if (change.type === "task.removed") {
        const { name } = removed.tasks.get(change.taskId)!;
        events.set(change.taskId, { revision, at, type: change.type, taskId: change.taskId, name });
      } else if (change.type === "node.registered" || change.type === "node.updated") {
        const nodeId = change.type === "node.registered" ? change.node.nodeId : change.nodeId;
        const node = state.nodes.get(nodeId);
        if (node) events.set(nodeId, { revision, at, type: change.type, node: view(node) });
      } else if (change.type === "node.removed") {
        const { hostname } = removed.nodes.get(change.nodeId)!;
        events.set(change.nodeId, { revision, at, type: change.type, nodeId: change.nodeId, hostname });
      }
    }
    return [...events.values()];
  }

  #remember(events: WatchEvent[]): void {
    for (const event of events) this.#history.push(event);
    if (this.#history.length < limits.watchHistoryEvents * 1.25) return;
    const dropped = this.#history.length - limits.watchHistoryEvents;
    this.#historyFrom = this.#history[dropped - 1]!.revision;
    this.#history = this.#history.slice(dropped).filter(({ revision }) => revision > this.#historyFrom);
  }

  #tellWatchers(events: WatchEvent[]): void {
    const all = new Lazy(() => encodeEvents(formatChanges(events)));
    const tasks = events.map((event) => new Lazy(() => this.#encodeTask(event)));
    for (const watcher of this.#watchers) {
      if (watcher.filter === null) watcher.stream.sendEncoded(all.value);
      else tellFiltered(watcher, watcher.filter, events, tasks);
    }
  }

  /** As a watcher of tasks is told it. */
  #encodeTask(event: WatchEvent): Uint8Array {
    const text = "task" in event ? this.texts.of(event.task) : "";
    return encodeEvents(formatEvent("task", text, event.revision));
  }

  #tellWorkers({ revision, changes }: Batch, removed: Removed): void {
    if (this.#assignments.size === 0) return;
    const { tasks } = this.#options.state;
    for (const change of changes) {
      if (change.type === "task.removed") {
        const { nodeId } = removed.tasks.get(change.taskId)!;
        if (nodeId) this.#sendGone(nodeId, { revision, taskId: change.taskId, deleted: true });
      } else if (
        change.type === "task.updated" &&
        (change.set.status !== undefined || change.set.desired !== undefined)
      ) {
        const task = tasks.get(change.taskId);
        if (!task?.nodeId) continue;
        if (isPlaced(task.status)) {
          // Its own report of "running" tells a worker nothing new.
          if (change.set.status !== "running") this.#send(task.nodeId, "task", JSON.stringify(task));
        } else if (isFinished(task.status)) {
          this.#sendGone(task.nodeId, { revision, taskId: task.taskId, deleted: false });
        }
      }
    }
  }

  #sendGone(nodeId: NodeId, event: GoneEvent): void {
    this.#send(nodeId, "gone", JSON.stringify(event));
  }

  #send(nodeId: NodeId, event: string, data: string): void {
    for (const stream of this.#assignments.get(nodeId) ?? []) stream.send(event, data);
  }

  #wakeWaiting(event: WatchEvent): void {
    if ("task" in event) for (const wake of this.#waiting.get(event.task.taskId) ?? []) wake(event.task);
    else if (event.type === "task.removed")
      for (const wake of this.#waiting.get(event.taskId as TaskId) ?? []) wake(null);
  }

  // ---- listening

  /** All changes after `since`; without it, from now on. */
  watch(since: number | undefined): Outcome<ReadableStream<Uint8Array>> {
    const { revision } = this.#options.state;
    if (since !== undefined && (since < this.#historyFrom || since > revision)) {
      const why =
        since > revision
          ? `revision ${since} has not happened yet; the newest is ${revision}`
          : `the changes after revision ${since} are no longer kept; the oldest to resume after is ${this.#historyFrom}`;
      return refuse("revision-too-old", why, {
        hint: "List the tasks and nodes anew, then watch without a revision.",
        details: { since, oldest: this.#historyFrom, newest: revision },
      });
    }
    return this.#open((stream) => {
      const watcher: Watcher = { stream, filter: null, shown: new Set() };
      stream.send("hello", JSON.stringify({ revision }), since ?? revision);
      const missed = since === undefined ? [] : this.#history.filter((event) => event.revision > since);
      if (missed.length > 0) stream.sendFirst(encodeEvents(formatChanges(missed)));
      this.#watchers.add(watcher);
      return () => this.#watchers.delete(watcher);
    });
  }

  /** The tasks that pass, then what becomes of them. `key` is the same for the same filter. */
  watchTasks(filter: TaskFilter, key: string): Outcome<ReadableStream<Uint8Array>> {
    return this.#open((stream) => {
      const tasks = [...this.#options.state.tasks.values()].filter(filter);
      const watcher: Watcher = { stream, filter, shown: new Set(tasks.map(({ taskId }) => taskId)) };
      const { revision } = this.#options.state;
      if (this.#firstSet?.revision !== revision || this.#firstSet.key !== key) {
        this.#firstSet = { revision, key, bytes: this.#sync(tasks) };
      }
      stream.sendFirst(this.#firstSet.bytes);
      this.#watchers.add(watcher);
      return () => this.#watchers.delete(watcher);
    });
  }

  /** What a worker should hold: the whole set, then its changes. */
  watchAssignments(nodeId: NodeId): Outcome<ReadableStream<Uint8Array>> {
    return this.#open((stream) => {
      const { state } = this.#options;
      stream.sendFirst(this.#sync([...state.placedOn(nodeId)].map((taskId) => state.task(taskId))));
      const streams = this.#assignments.get(nodeId) ?? new Set();
      this.#assignments.set(nodeId, streams.add(stream));
      this.#options.streams.opened(nodeId);
      return () => {
        streams.delete(stream);
        if (streams.size === 0) this.#assignments.delete(nodeId);
        this.#options.streams.ended(nodeId);
      };
    });
  }

  /**
   * Resolves with the task when `reached` holds; with null when it is removed, at the timeout, or when whoever waits has
   * gone: then an append may be under way, and what the state says is not durable yet.
   */
  waitFor(
    taskId: TaskId,
    reached: (task: Task) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Task | null> {
    const { state, clock } = this.#options;
    return new Promise((resolve) => {
      const end = (task: Task | null) => {
        cancel();
        signal.removeEventListener("abort", giveUp);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(taskId);
        resolve(task);
      };
      const wake = (task: Task | null) => {
        if (task === null || reached(task)) end(task);
      };
      const giveUp = () => end(null);
      const cancel = clock.timer(timeoutMs, giveUp);
      signal.addEventListener("abort", giveUp);
      const waiting = this.#waiting.get(taskId) ?? new Set();
      this.#waiting.set(taskId, waiting.add(wake));
      wake(state.tasks.get(taskId) ?? null);
    });
  }

  /** Ends every stream and every wait; listeners come back to whoever is master then. */
  close(): void {
    for (const waiting of [...this.#waiting.values()]) for (const wake of [...waiting]) wake(null);
    for (const { stream } of this.#watchers) stream.close();
    for (const streams of this.#assignments.values()) for (const stream of [...streams]) stream.close();
  }

  #sync(tasks: Task[]): Uint8Array {
    const { revision, cluster } = this.#options.state;
    const texts = tasks.map((task) => this.texts.of(task)).join(",");
    const data = `{"revision":${revision},"clusterId":${JSON.stringify(cluster.clusterId)},"tasks":[${texts}]}`;
    return encodeEvents(formatEvent("sync", data, revision));
  }

  #open(begin: (stream: EventStream) => () => void): Outcome<ReadableStream<Uint8Array>> {
    if (this.#streams >= limits.streams) {
      return refuse("too-many", `${this.#streams} streams are open, which is the limit`, {
        hint: "Close watchers that are no longer read.",
      });
    }
    let end: () => void = () => {};
    let ended = false;
    this.#streams++;
    const stream = new EventStream(this.#options.clock, () => {
      ended = true;
      this.#streams--;
      end();
    });
    end = begin(stream);
    if (ended) end(); // what was sent first was already too much
    return ok(stream.body);
  }
}

/** Only the last event of a revision carries its id: who was cut off in between gets the whole revision again. */
function formatChanges(events: WatchEvent[]): string {
  return events
    .map((event, index) => {
      const last = events[index + 1]?.revision !== event.revision;
      return formatEvent("change", JSON.stringify(event), last ? event.revision : undefined);
    })
    .join("");
}

/** `tasks`: the events in bytes, one for one. */
function tellFiltered(
  { stream, shown }: Watcher,
  filter: TaskFilter,
  events: WatchEvent[],
  tasks: Lazy<Uint8Array>[],
): void {
  for (const [index, event] of events.entries()) {
    if ("task" in event && filter(event.task)) {
      shown.add(event.task.taskId);
      stream.sendEncoded(tasks[index]!.value);
    } else if (
      "task" in event
        ? shown.delete(event.task.taskId)
        : event.type === "task.removed" && shown.delete(event.taskId as TaskId)
    ) {
      const taskId = "task" in event ? event.task.taskId : (event as { taskId: string }).taskId;
      const gone: GoneEvent = { revision: event.revision, taskId, deleted: event.type === "task.removed" };
      stream.send("gone", JSON.stringify(gone), event.revision);
    }
  }
}

/** Made when first asked for. */
class Lazy<T> {
  #make: (() => T) | null;
  #value!: T;
  constructor(make: () => T) {
    this.#make = make;
  }
  get value(): T {
    if (this.#make) {
      this.#value = this.#make();
      this.#make = null;
    }
    return this.#value;
  }
}
