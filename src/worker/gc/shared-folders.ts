// Removes the shared folders of tasks that have no container on this node any more: at the start of the worker, and when the
// runner of a task with such folders is dropped.

import { containerLabels } from "../../model/cluster/cluster.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { NodeIdentity } from "../task/runner-context.ts";
import type { TaskTable } from "../task/task-table.ts";

export interface SharedFoldersOptions {
  runtime: Runtime;
  node: NodeIdentity;
  tasks: TaskTable;
}

export class SharedFolders {
  readonly #options: SharedFoldersOptions;
  /** True when a folder may be left: also at the start, from an earlier process. */
  #due = true;

  constructor(options: SharedFoldersOptions) {
    this.#options = options;
  }

  /** The runner of this task is dropped. */
  dropped(hadFolders: boolean): void {
    this.#due ||= hadFolders;
  }

  /** What cannot be removed now is tried again with the next task that is dropped. Throws RuntimeError. */
  async sweep(): Promise<void> {
    const { runtime, node, tasks } = this.#options;
    if (!this.#due || !tasks.isComplete) return;
    this.#due = false;
    const { task, cluster, node: ofNode } = containerLabels;
    try {
      for (const { name, labels } of await runtime.volumes.list(false)) {
        const taskId = labels[task] as TaskId | undefined;
        if (taskId === undefined || labels[cluster] !== node.clusterId || labels[ofNode] !== node.nodeId) continue;
        if (!tasks.has(taskId)) await runtime.volumes.remove(name);
      }
    } catch (error) {
      this.#due = true;
      throw error;
    }
  }
}
