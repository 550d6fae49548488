// Publishes what has become durable: watchers get every change, a worker gets what concerns its node, and requests that
// wait for a task are answered.

import type { ContentEvent, GoneEvent } from "../../api/views/stream-events.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Delta } from "../../core/state/delta.ts";
import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { formatEvent } from "../../lib/sse.ts";
import type { Batch } from "../../model/change.ts";
import type { JobId, NodeId, ServiceId, TaskId } from "../../model/ids.ts";
import type { Job } from "../../model/job/job.ts";
import type { MasterFields, WatchedKind } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Service } from "../../model/service/service.ts";
import type { Task } from "../../model/task/task.ts";
import type { CommitListener } from "../loop/tick-loop.ts";
import type { AssignmentStreams } from "../node-health/assignment-streams.ts";
import type { Vault } from "../secrets/vault.ts";
import { assignedText } from "./assigned-text.ts";
import { type ChangeEvent, changeText, eventsOf, taskOf } from "./change-events.ts";
import { EndpointStreams, endpointsOf } from "./endpoint-streams.ts";
import { EventStream, encodeEvents } from "./event-stream.ts";
import { RecordTexts } from "./record-texts.ts";
import { RecordWaiters } from "./record-waiters.ts";
import { ContentProblems, TaskContents } from "./task-contents.ts";
import { WatchHistory } from "./watch-history.ts";
import { WorkerStreams } from "./worker-streams.ts";

/** Characters of missed changes that are formatted at once. */
const pieceLength = 32 * 1024;

type TaskFilter = (task: Task) => boolean;

interface Watcher {
  stream: EventStream;
  /** Null: every change. Else only tasks for which it holds, as task and gone events. */
  filter: TaskFilter | null;
  /** The tasks that a filtered watcher has been shown. */
  shown: Set<string>;
}

export interface WatchersOptions {
  state: ClusterState;
  clock: Clock;
  masterFields: MasterFields;
  /** Opens the secrets that workers get. */
  vault: Vault;
  /** Counts the open assignment streams of each node. */
  streams: AssignmentStreams;
  /** The newest revision of the log. The state may still be behind it: replayHistory() adds what is replayed. */
  revision: number;
}

export class Watchers implements CommitListener {
  readonly #options: WatchersOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #assignments: WorkerStreams;
  readonly #endpoints: EndpointStreams;
  readonly #waiters: RecordWaiters<"task">;
  readonly #jobWaiters: RecordWaiters<"job">;
  readonly #contents: TaskContents;
  readonly #history: WatchHistory;
  #streams = 0;
  readonly texts: RecordTexts;
  /** The set that was last sent at the start of a stream, for others that ask for the same one at the same revision. */
  #firstSet: { revision: number; key: string; bytes: Uint8Array } | null = null;

  constructor(options: WatchersOptions) {
    this.#options = options;
    this.#waiters = new RecordWaiters("task", options.clock);
    this.#jobWaiters = new RecordWaiters("job", options.clock);
    this.#history = new WatchHistory(options.revision);
    this.texts = new RecordTexts(options.masterFields);
    this.#endpoints = new EndpointStreams(options.state);
    this.#contents = new TaskContents(options.state, options.vault);
    this.#assignments = new WorkerStreams({
      ...{
        textOf: (task) => assignedText(options.state, task),
        open: options.streams,
        contents: this.#contents,
        clock: options.clock,
      },
      tasksOn: (nodeId) => this.#tasksOn(nodeId),
      tasksOf: (ownerId) => tasksOfOwner(options.state, ownerId),
    });
  }

  get streamCount(): number {
    return this.#streams;
  }

  // ---- publishing

  /** Adds a batch from before this start of the master, so that watchers can resume over a restart. In order. */
  replayHistory(batch: Batch, deltas: readonly Delta[]): void {
    this.#history.replay(batch.revision, eventsOf(batch, deltas));
  }

  committed(batch: Batch, deltas: readonly Delta[]): void {
    this.#firstSet = null;
    const events = eventsOf(batch, deltas);
    this.#history.add(events);
    // Before the workers: clients of a service leave a replica before its node is asked to stop it.
    this.#endpoints.notify(events);
    this.#assignments.notify(events);
    if (this.#watchers.size > 0) this.#notifyWatchers(events);
    this.#waiters.notify(events);
    this.#jobWaiters.notify(events);
  }

  #notifyWatchers(events: readonly ChangeEvent[]): void {
    const all = new Lazy(() => encodeEvents(this.#formatChanges(events)));
    const tasks = events.map((event) => new Lazy(() => this.#encodeTask(event)));
    for (const watcher of this.#watchers) {
      if (watcher.filter === null) watcher.stream.sendEncoded(all.value);
      else notifyFiltered(watcher, watcher.filter, events, tasks);
    }
  }

  /** The event as watchers of tasks get it. */
  #encodeTask(event: ChangeEvent): Uint8Array {
    const task = taskOf(event);
    return encodeEvents(formatEvent("task", task ? this.texts.of("task", task) : "", event.revision));
  }

  #formatChanges(events: readonly ChangeEvent[]): string {
    return events.map((_, index) => this.#formatChange(events, index)).join("");
  }

  /** Only the last event of a revision carries its id: a watcher that is cut off in between gets the whole revision again. */
  #formatChange(events: readonly ChangeEvent[], index: number): string {
    const event = events[index]!;
    const last = events[index + 1]?.revision !== event.revision;
    return formatEvent("change", changeText(event, this.#textOf), last ? event.revision : undefined);
  }

  *#missedPieces(events: readonly ChangeEvent[]): Generator<Uint8Array> {
    let text = "";
    for (let index = 0; index < events.length; index++) {
      text += this.#formatChange(events, index);
      if (text.length < pieceLength && index < events.length - 1) continue;
      yield encodeEvents(text);
      text = "";
    }
  }

  readonly #textOf = (kind: WatchedKind, record: object): string => this.texts.of(kind, record as never);

  // ---- listening

  /** All changes after `since`; without it, from now on. */
  watch(since: number | undefined): Outcome<ReadableStream<Uint8Array>> {
    const { revision } = this.#options.state;
    const { oldest } = this.#history;
    if (since !== undefined && (since < oldest || since > revision)) {
      const why =
        since > revision
          ? `revision ${since} has not happened yet; the newest is ${revision}`
          : `the changes after revision ${since} are no longer kept; the oldest to resume after is ${oldest}`;
      return refuse("revision-too-old", why, {
        hint: "List the tasks and nodes again, then watch without a revision.",
        details: { since, oldest, newest: revision },
      });
    }
    return this.#open((stream) => {
      const watcher: Watcher = { stream, filter: null, shown: new Set() };
      stream.send("hello", JSON.stringify({ revision }), since ?? revision);
      const missed = since === undefined ? [] : this.#history.after(since);
      // Formatted as the client reads: each of many clients that resume would else hold megabytes, and all others up.
      if (missed.length > 0) stream.sendPieces(this.#missedPieces(missed));
      this.#watchers.add(watcher);
      return () => this.#watchers.delete(watcher);
    });
  }

  /** The tasks that pass, oldest first, then their changes. `key` is the same for the same filter. */
  watchTasks(filter: TaskFilter, key: string): Outcome<ReadableStream<Uint8Array>> {
    return this.#open((stream) => {
      const { state } = this.#options;
      const tasks = Array.from(state.order.after(""), (taskId) => state.task(taskId)).filter(filter);
      const watcher: Watcher = { stream, filter, shown: new Set(tasks.map(({ taskId }) => taskId)) };
      const { revision } = state;
      if (this.#firstSet?.revision !== revision || this.#firstSet.key !== key) {
        this.#firstSet = { revision, key, bytes: this.#sync(tasks, (task) => this.texts.of("task", task)) };
      }
      stream.sendFirst(this.#firstSet.bytes);
      this.#watchers.add(watcher);
      return () => this.#watchers.delete(watcher);
    });
  }

  /**
   * The assignments of a node: the whole set, then its changes. `forWorker`: its worker reads them, which shows that it is
   * alive. `withContents`: it is known to be that worker, and gets the contents that tasks name.
   */
  watchAssignments(nodeId: NodeId, forWorker: boolean, withContents: boolean): Outcome<ReadableStream<Uint8Array>> {
    return this.#open((stream) => {
      const tasks = this.#tasksOn(nodeId);
      const problems = withContents ? new ContentProblems() : null;
      const contents = problems ? this.#contents.eventsFor(tasks) : [];
      for (const event of contents) problems!.sent(event);
      if (contents.length > 0) stream.sendFirst(encodeEvents(contents.map(contentText).join("")));
      stream.sendFirst(this.#sync(tasks, (task) => assignedText(this.#options.state, task)));
      return this.#assignments.add(nodeId, stream, { forWorker, problems });
    });
  }

  /** The endpoints of the service, then their changes. */
  watchEndpoints(service: Service): Outcome<ReadableStream<Uint8Array>> {
    return this.#open((stream) => {
      const list = endpointsOf(this.#options.state, service);
      stream.sendFirst(encodeEvents(formatEvent("sync", JSON.stringify(list), list.revision)));
      return this.#endpoints.add(list, stream);
    });
  }

  #tasksOn(nodeId: NodeId): Task[] {
    const { state } = this.#options;
    return [...state.placedOn(nodeId)].sort().map((taskId) => state.task(taskId));
  }

  /** See RecordWaiters.wait. */
  waitFor(
    taskId: TaskId,
    reached: (task: Task) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Task | null> {
    return this.#waiters.wait(taskId, this.#options.state.tasks.get(taskId) ?? null, reached, timeoutMs, signal);
  }

  /** See RecordWaiters.wait. */
  waitForJob(
    jobId: JobId,
    reached: (job: Job) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Job | null> {
    const now = this.#options.state.tables.job.get(jobId) ?? null;
    return this.#jobWaiters.wait(jobId, now, reached, timeoutMs, signal);
  }

  /** Ends every stream and every wait; clients connect again to the master that follows. */
  close(): void {
    this.#waiters.close();
    this.#jobWaiters.close();
    for (const { stream } of this.#watchers) stream.close();
    this.#assignments.close();
    this.#endpoints.close();
  }

  #sync(tasks: readonly Task[], textOf: (task: Task) => string): Uint8Array {
    const { revision, cluster } = this.#options.state;
    const texts = tasks.map(textOf).join(",");
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
    if (ended) end(); // the first set was already more than the stream may queue
    return ok(stream.body);
  }
}

function tasksOfOwner({ serviceTasks, jobTasks, tasks }: ClusterState, ownerId: string): Task[] {
  const ids = [...serviceTasks.of(ownerId as ServiceId), ...jobTasks.of(ownerId as JobId)].sort();
  return ids.map((taskId) => tasks.get(taskId)!);
}

function contentText(event: ContentEvent): string {
  return formatEvent("content", JSON.stringify(event));
}

/** `tasks`: the events in bytes, one for one. */
function notifyFiltered(
  { stream, shown }: Watcher,
  filter: TaskFilter,
  events: readonly ChangeEvent[],
  tasks: Lazy<Uint8Array>[],
): void {
  for (const [index, event] of events.entries()) {
    if (event.kind !== "task") continue;
    const task = taskOf(event);
    if (task && filter(task)) {
      shown.add(event.id);
      stream.sendEncoded(tasks[index]!.value);
    } else if (shown.delete(event.id)) {
      const { revision, id: taskId } = event;
      const gone: GoneEvent = { revision, taskId, deleted: task === null };
      stream.send("gone", JSON.stringify(gone), revision);
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
