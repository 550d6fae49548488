// The streams of workers: what each node should run. A stream begins with the whole set and goes on with its changes.

import type { ContentEvent, GoneEvent } from "../../api/views/stream-events.ts";
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Config } from "../../model/config/config.ts";
import type { Credential } from "../../model/credential/credential.ts";
import type { Dependent } from "../../model/dependency/dependency.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import { graceSecondsOf, hasFinished, holdingNode, type Task } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import { holdOf } from "./assigned-text.ts";
import type { ChangeEvent } from "./change-events.ts";
import type { EventStream } from "./event-stream.ts";
import type { ContentProblems, TaskContents } from "./task-contents.ts";

/** Counts the open streams of each node. */
export interface OpenStreams {
  opened(nodeId: NodeId): void;
  ended(nodeId: NodeId): void;
  /** The node has another worker: the streams that were opened until now do not count any more. */
  replaced(nodeId: NodeId): void;
}

export interface WorkerStreamsOptions {
  textOf: (task: Task) => string;
  open: OpenStreams;
  contents: TaskContents;
  /** The tasks that are placed on a node. */
  tasksOn: (nodeId: NodeId) => Iterable<Task>;
  /** The unfinished tasks of a service or a job. */
  tasksOf: (ownerId: string) => Iterable<Task>;
  clock: Clock;
}

/** Who reads a stream. */
interface Reader {
  /** True for the worker of the node. */
  forWorker: boolean;
  /** What it knows of contents; null if it gets none. */
  problems: ContentProblems | null;
}

export class WorkerStreams {
  readonly #streams = new Map<NodeId, Map<EventStream, Reader>>();
  readonly #options: WorkerStreamsOptions;
  readonly #open: OpenStreams;
  /** Null while every content could be sent. */
  #retry: CancelTimer | null = null;

  constructor(options: WorkerStreamsOptions) {
    this.#options = options;
    this.#open = options.open;
  }

  /** Returns what to call when the stream has ended. */
  add(nodeId: NodeId, stream: EventStream, reader: Reader): () => void {
    const { forWorker, problems } = reader;
    const streams = this.#streams.get(nodeId) ?? new Map<EventStream, Reader>();
    this.#streams.set(nodeId, streams.set(stream, reader));
    if (forWorker) this.#open.opened(nodeId);
    if (problems?.any) this.#retryLater();
    return () => {
      if (!streams.delete(stream)) return; // another worker has the node now
      if (streams.size === 0 && this.#streams.get(nodeId) === streams) this.#streams.delete(nodeId);
      if (forWorker) this.#open.ended(nodeId);
    };
  }

  notify(events: readonly ChangeEvent[]): void {
    if (this.#streams.size === 0) return;
    // The worker that had a node must not get what the same batch assigns to the one that has it now.
    for (const event of events) if (event.kind === "node" && hasNewWorker(event)) this.#replace(event.id as NodeId);
    const changed = new Set(events.flatMap(({ kind, last }) => (isContent(kind) ? [`${kind} ${nameOf(last)}`] : [])));
    if (changed.size > 0) this.#sendNewest(changed);
    for (const { kind, after, last } of events)
      if (kind === "credential" && after === null) this.#sendLogout(nameOf(last));
    for (const event of events) if (event.kind === "task") this.#notifyOf(event);
    for (const event of events) if (event.kind === "volume") this.#sendWithVolume(event);
    for (const event of events) if (event.kind === "service" || event.kind === "job") this.#sendWithOwner(event);
  }

  /** What tasks wait for before they are started again has changed. */
  #sendWithOwner({ id, before, after }: ChangeEvent): void {
    if (before === null || after === null) return;
    if (holdOf(before as Dependent) === holdOf(after as Dependent)) return;
    for (const task of this.#options.tasksOf(id)) {
      const nodeId = holdingNode(task);
      if (nodeId !== null) this.#send(nodeId, "task", this.#options.textOf(task));
    }
  }

  /** Tasks that wait for the data of a volume learn that it need not be there any more. */
  #sendWithVolume({ before, after }: ChangeEvent): void {
    const [was, is] = [before, after] as [Volume | null, Volume | null];
    const nodeId = is?.nodeId ?? null;
    if (nodeId === null || !was?.filled || is!.filled || !this.#streams.has(nodeId)) return;
    for (const task of this.#options.tasksOn(nodeId)) {
      const mounts = requirementsOf(task.spec).volumes.some(({ name }) => name === is!.name);
      if (mounts) this.#send(nodeId, "task", this.#options.textOf(task));
    }
  }

  /** To each node with containers that always have the newest version of one of these. */
  #sendNewest(changed: ReadonlySet<string>): void {
    for (const nodeId of this.#streams.keys()) {
      const tasks = this.#options.tasksOn(nodeId);
      this.#sendContents(nodeId, tasks, ({ newest, kind, name }) => newest && changed.has(`${kind} ${name}`));
    }
  }

  /** The worker of each node forgets the login. */
  #sendLogout(name: string): void {
    const event: ContentEvent = { kind: "credential", name, version: 0, newest: true, problem: "was removed" };
    for (const streams of this.#streams.values())
      for (const [stream, { problems }] of streams) if (problems) stream.send("content", JSON.stringify(event));
  }

  #sendContents(
    nodeId: NodeId,
    tasks: Iterable<Task>,
    wanted: (event: ContentEvent, problems: ContentProblems) => boolean = () => true,
  ): void {
    const events = this.#options.contents.eventsFor(tasks);
    if (events.length === 0) return;
    for (const [stream, { problems }] of this.#streams.get(nodeId) ?? []) {
      if (problems === null) continue;
      for (const event of events) {
        if (!wanted(event, problems)) continue;
        problems.sent(event);
        stream.send("content", JSON.stringify(event));
      }
      if (problems.any) this.#retryLater();
    }
  }

  /** The key of a secret may be put back at any time, and nothing says so. */
  #retryLater(): void {
    this.#retry ??= this.#options.clock.timer(limits.contentRetryMs, () => {
      this.#retry = null;
      for (const [nodeId, streams] of this.#streams) {
        if (![...streams.values()].some(({ problems }) => problems?.any)) continue;
        this.#sendContents(nodeId, this.#options.tasksOn(nodeId), (event, problems) => problems.isNews(event));
      }
    });
  }

  #replace(nodeId: NodeId): void {
    const streams = this.#streams.get(nodeId);
    if (!streams) return;
    this.#open.replaced(nodeId);
    for (const [stream, { forWorker }] of [...streams]) {
      if (!forWorker) continue;
      streams.delete(stream);
      stream.close();
    }
    if (streams.size === 0) this.#streams.delete(nodeId);
  }

  #notifyOf({ revision, id, before, after }: ChangeEvent): void {
    const was = before as Task | null;
    const is = after as Task | null;
    const nodeId = (is ?? was)?.placement?.nodeId;
    if (nodeId === undefined) return;
    if (is === null) this.#sendGone(nodeId, { revision, taskId: id, deleted: true });
    else if (holdingNode(is) !== null) {
      const moved = was?.observed.status !== is.observed.status;
      // The worker's own report of "running" tells it nothing new, unless it ends a restart with a time of its own.
      const isAsked = was?.desired !== is.desired || was.requests !== is.requests;
      const isTimeOver = was !== null && graceSecondsOf(was) !== graceSecondsOf(is);
      const isRevised = was !== null && was.spec !== is.spec;
      const isNews = isAsked || isTimeOver || isRevised || (moved && is.observed.status !== "running");
      if (isNews) {
        const isNew = was?.placement?.nodeId !== nodeId || isRevised;
        if (isNew && this.#options.contents.isNeeded(is)) this.#sendContents(nodeId, [is]);
        this.#send(nodeId, "task", this.#options.textOf(is));
      }
    } else if (hasFinished(is) && was !== null && !hasFinished(was)) {
      this.#sendGone(nodeId, { revision, taskId: id, deleted: false });
    }
  }

  #sendGone(nodeId: NodeId, event: GoneEvent): void {
    this.#send(nodeId, "gone", JSON.stringify(event));
  }

  #send(nodeId: NodeId, event: string, data: string): void {
    for (const stream of this.#streams.get(nodeId)?.keys() ?? []) stream.send(event, data);
  }

  close(): void {
    this.#retry?.();
    for (const streams of this.#streams.values()) for (const stream of [...streams.keys()]) stream.close();
  }
}

function isContent(kind: ChangeEvent["kind"]): boolean {
  return kind === "config" || kind === "secret" || kind === "credential";
}

function nameOf(record: object): string {
  const { name, registry } = record as Partial<Config & Credential>;
  return name ?? registry!;
}

function hasNewWorker({ before, after }: ChangeEvent): boolean {
  if (before === null || after === null) return false;
  return (before as NodeRecord).instance !== (after as NodeRecord).instance;
}
