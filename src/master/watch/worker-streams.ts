// The streams of workers: what each node should run. A stream begins with the whole set and goes on with its changes.

import type { GoneEvent } from "../../api/views/stream-events.ts";
import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { graceSecondsOf, hasFinished, holdingNode, type Task } from "../../model/task/task.ts";
import type { ChangeEvent } from "./change-events.ts";
import type { EventStream } from "./event-stream.ts";

/** Counts the open streams of each node. */
export interface OpenStreams {
  opened(nodeId: NodeId): void;
  ended(nodeId: NodeId): void;
  /** The node has another worker: the streams that were opened until now do not count any more. */
  replaced(nodeId: NodeId): void;
}

export class WorkerStreams {
  /** For each stream whether the worker of the node reads it. */
  readonly #streams = new Map<NodeId, Map<EventStream, boolean>>();
  readonly #textOf: (task: Task) => string;
  readonly #open: OpenStreams;

  constructor(textOf: (task: Task) => string, open: OpenStreams) {
    this.#textOf = textOf;
    this.#open = open;
  }

  /** Returns what to call when the stream has ended. */
  add(nodeId: NodeId, stream: EventStream, forWorker: boolean): () => void {
    const streams = this.#streams.get(nodeId) ?? new Map<EventStream, boolean>();
    this.#streams.set(nodeId, streams.set(stream, forWorker));
    if (forWorker) this.#open.opened(nodeId);
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
    for (const event of events) if (event.kind === "task") this.#notifyOf(event);
  }

  #replace(nodeId: NodeId): void {
    const streams = this.#streams.get(nodeId);
    if (!streams) return;
    this.#open.replaced(nodeId);
    for (const [stream, forWorker] of [...streams]) {
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
      const isNews = isAsked || isTimeOver || (moved && is.observed.status !== "running");
      if (isNews) this.#send(nodeId, "task", this.#textOf(is));
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
    for (const streams of this.#streams.values()) for (const stream of [...streams.keys()]) stream.close();
  }
}

function hasNewWorker({ before, after }: ChangeEvent): boolean {
  if (before === null || after === null) return false;
  return (before as NodeRecord).instance !== (after as NodeRecord).instance;
}
