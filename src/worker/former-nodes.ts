// The nodes that this worker was before, and its containers that still have the label of such a node. Another worker may
// have that node now, and use the same engine: only containers of listed tasks are this worker's own.

import type { Log } from "../lib/log.ts";
import { limits } from "../model/limits.ts";
import type { ContainerState } from "../runtime/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ListStore } from "./list-store.ts";
import type { NodeIdentity } from "./task/runner-context.ts";
import type { TaskTable } from "./task/task-table.ts";

export interface FormerNode {
  readonly nodeId: string;
  readonly clusterId: string;
  /** Tasks whose containers are this worker's own. */
  readonly taskIds: readonly string[];
  /** False if the worker had just started when it became another node, so that it did not know all of its containers. */
  readonly isWhole: boolean;
}

export interface FormerNodesOptions {
  runtime: Runtime;
  log: Log;
  node: NodeIdentity;
  tasks: TaskTable;
  /** Where the list is kept over restarts. Left out: it ends with the process. */
  store?: ListStore<FormerNode>;
}

export class FormerNodes {
  readonly #options: FormerNodesOptions;
  #nodes: readonly FormerNode[];
  /** Tasks whose containers may be stopped: this process held them, or the master was asked. */
  readonly #confirmed = new Set<string>();

  constructor(options: FormerNodesOptions) {
    this.#options = options;
    const { list, damage } = options.store?.read() ?? { list: [], damage: null };
    this.#nodes = list;
    if (damage === null) return;
    options.log.warn("the list of nodes that this worker was before cannot be read: their containers are left to you", {
      why: damage,
    });
  }

  /** The worker becomes another node. Throws if that cannot be written. */
  leave({ nodeId, clusterId }: NodeIdentity): void {
    const { tasks } = this.#options;
    if (nodeId === "" || clusterId === "") return;
    const held = tasks
      .all()
      .filter(({ found, isWorking }) => found.length > 0 || isWorking)
      .map(({ taskId }) => taskId);
    const before = this.#nodes.find((one) => one.nodeId === nodeId && one.clusterId === clusterId);
    const taskIds = [...new Set([...(before?.taskIds ?? []), ...held])];
    const isWhole = tasks.isComplete && before?.isWhole !== false;
    if (isWhole && taskIds.length === 0) return;
    const others = this.#nodes.filter((one) => one !== before);
    this.#write([...others, { nodeId, clusterId, taskIds, isWhole }].slice(-limits.formerNodes));
    for (const taskId of held) this.#confirmed.add(taskId);
  }

  /** All containers of this worker: those of its node, and those that it has left of a former one. Throws RuntimeError. */
  async list({ clusterId, nodeId }: NodeIdentity): Promise<ContainerState[]> {
    const { runtime } = this.#options;
    const found = await runtime.containers.list(clusterId, nodeId);
    for (const former of this.present()) {
      const states = await runtime.containers.list(clusterId, former.nodeId);
      found.push(...states.filter(({ taskId }) => former.taskIds.includes(taskId) && this.isConfirmed(taskId)));
    }
    return found;
  }

  /** Those of the present cluster. A node that the worker is again is none of them: its containers are the worker's anyway. */
  present(): FormerNode[] {
    const { clusterId, nodeId } = this.#options.node;
    return this.#nodes.filter((one) => one.clusterId === clusterId && one.nodeId !== nodeId);
  }

  isConfirmed(taskId: string): boolean {
    return this.#confirmed.has(taskId);
  }

  /** The containers of these tasks are this worker's own: list() has them from now on. Throws if that cannot be written. */
  confirm(former: FormerNode, confirmed: readonly string[]): void {
    const taskIds = [...new Set([...former.taskIds, ...confirmed])];
    if (taskIds.length > former.taskIds.length)
      this.#write(this.#nodes.map((one) => (one === former ? { ...former, taskIds } : one)));
    for (const taskId of confirmed) this.#confirmed.add(taskId);
  }

  /** Nothing is left of it. Throws if that cannot be written. */
  forget(former: FormerNode): void {
    this.#write(this.#nodes.filter((one) => one !== former));
  }

  #write(nodes: readonly FormerNode[]): void {
    this.#options.store?.write(nodes);
    this.#nodes = nodes;
  }
}
