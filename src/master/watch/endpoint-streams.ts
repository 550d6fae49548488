// The streams of endpoints: where clients reach the replicas of a service, or the tasks that it selects. A stream begins with
// the whole list and goes on with its changes.

import type { EndpointGoneEvent } from "../../api/views/stream-events.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { tasksOf } from "../../core/state/tasks-of-service.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { bySlot, type Endpoint, type EndpointList, endpointOf } from "../../model/service/endpoint.ts";
import type { Service } from "../../model/service/service.ts";
import type { Task } from "../../model/task/task.ts";
import type { ChangeEvent } from "./change-events.ts";
import type { EventStream } from "./event-stream.ts";

type ReadState = Pick<ClusterState, "nodes" | "revision" | "selected" | "serviceTasks" | "tables" | "task" | "tasks">;

export function endpointsOf(state: ReadState, service: Service): EndpointList {
  const { serviceId, name } = service;
  const endpoints = tasksOf(state, service).flatMap((task) => endpointIn(state, task, service) ?? []);
  return { serviceId, name, revision: state.revision, endpoints: endpoints.sort(bySlot) };
}

function endpointIn({ nodes }: Pick<ClusterState, "nodes">, task: Task, { ports = [] }: Service): Endpoint | null {
  const node = task.placement === null ? undefined : nodes.get(task.placement.nodeId);
  return node ? endpointOf(task, node, ports.length > 0 ? ports : undefined) : null;
}

interface Shown {
  nodeId: NodeId;
  /** The endpoint as JSON. */
  text: string;
}

export class EndpointStreams {
  readonly #state: ReadState;
  /** By the id of the service. What each stream has shown, by the id of the task. */
  readonly #streams = new Map<string, Map<EventStream, Map<string, Shown>>>();

  constructor(state: ReadState) {
    this.#state = state;
  }

  /** `list`: what the stream began with. Returns what to call when the stream has ended. */
  add({ serviceId, endpoints }: EndpointList, stream: EventStream): () => void {
    const streams = this.#streams.get(serviceId) ?? new Map<EventStream, Map<string, Shown>>();
    const shown = endpoints.map((one) => [one.taskId, { nodeId: one.nodeId, text: JSON.stringify(one) }] as const);
    this.#streams.set(serviceId, streams.set(stream, new Map(shown)));
    return () => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(serviceId) === streams) this.#streams.delete(serviceId);
    };
  }

  notify(events: readonly ChangeEvent[]): void {
    if (this.#streams.size === 0) return;
    for (const { kind, id, before, after, revision } of events) {
      if (kind === "task") this.#taskChanged((after ?? before) as Task, after as Task | null, revision);
      else if (kind === "node") this.#nodeChanged(before as NodeRecord | null, after as NodeRecord | null, revision);
      else if (kind === "service" && after === null) this.#end(id, revision);
      else if (kind === "service") this.#serviceChanged(before as Service | null, after as Service, revision);
    }
  }

  close(): void {
    for (const streams of this.#streams.values()) for (const stream of [...streams.keys()]) stream.close();
  }

  #taskChanged(task: Task, after: Task | null, revision: number): void {
    const { selected, tables } = this.#state;
    const owner = task.owner === null ? undefined : tables.service.get(task.owner.id);
    if (owner) this.#show(owner, task, after, revision);
    for (const service of selected.selecting(task)) this.#show(service, task, after, revision);
  }

  #show(service: Service, { taskId }: Task, after: Task | null, revision: number): void {
    const streams = this.#streams.get(service.serviceId);
    if (!streams) return;
    const endpoint = after && endpointIn(this.#state, after, service);
    for (const [stream, shown] of streams) show(stream, shown, taskId, endpoint, revision);
  }

  /** It selects other tasks, or has other ports. */
  #serviceChanged(before: Service | null, after: Service, revision: number): void {
    const streams = this.#streams.get(after.serviceId);
    if (!streams || before === null) return;
    const fields = ["selector", "namespace", "ports"] as const;
    if (fields.every((field) => before[field] === after[field])) return;
    const now = new Map(endpointsOf(this.#state, after).endpoints.map((one) => [one.taskId as string, one]));
    for (const [stream, shown] of streams) {
      for (const taskId of [...shown.keys()]) if (!now.has(taskId)) show(stream, shown, taskId, null, revision);
      for (const [taskId, endpoint] of now) show(stream, shown, taskId, endpoint, revision);
    }
  }

  /** A worker has registered from another address. */
  #nodeChanged(before: NodeRecord | null, after: NodeRecord | null, revision: number): void {
    if (before === null || after === null) return;
    if (before.address === after.address && before.hostname === after.hostname) return;
    for (const [serviceId, streams] of this.#streams) {
      const service = this.#state.tables.service.get(serviceId);
      if (!service) continue;
      for (const [stream, shown] of streams) {
        for (const [taskId, { nodeId }] of [...shown]) {
          if (nodeId !== after.nodeId) continue;
          const task = this.#state.tasks.get(taskId as TaskId);
          show(stream, shown, taskId, task ? endpointIn(this.#state, task, service) : null, revision);
        }
      }
    }
  }

  /** The service was removed. */
  #end(serviceId: string, revision: number): void {
    for (const [stream, shown] of [...(this.#streams.get(serviceId) ?? [])]) {
      for (const taskId of [...shown.keys()]) show(stream, shown, taskId, null, revision);
      stream.send("removed", JSON.stringify({ revision, serviceId }), revision);
      stream.close();
    }
  }
}

/** Sends what is new of the endpoint; null: it is none any more. */
function show(
  stream: EventStream,
  shown: Map<string, Shown>,
  taskId: string,
  endpoint: Endpoint | null,
  revision: number,
): void {
  if (endpoint === null) {
    if (!shown.delete(taskId)) return;
    const gone: EndpointGoneEvent = { revision, taskId };
    stream.send("gone", JSON.stringify(gone), revision);
    return;
  }
  const text = JSON.stringify(endpoint);
  if (shown.get(taskId)?.text === text) return;
  shown.set(taskId, { nodeId: endpoint.nodeId, text });
  stream.send("endpoint", text, revision);
}
