// How long it took from a node's going away to its task's replacement running elsewhere, in virtual time.

import type { Batch } from "../../model/change.ts";
import type { TaskId } from "../../model/ids.ts";
import type { RunContext } from "./context.ts";

export class Recoveries {
  readonly samples: number[] = [];
  readonly #scene: RunContext;
  /** Replacement -> when the node of the replaced one went away. */
  readonly #waiting = new Map<TaskId, number>();
  #stopped = false;

  constructor(scene: RunContext) {
    this.#scene = scene;
  }

  /** Once everything heals, what comes back is no replacement any more. */
  stop(): void {
    this.#stopped = true;
  }

  batch({ changes }: Batch): void {
    const { truth, away, world } = this.#scene;
    for (const change of changes) {
      if (change.type !== "task.updated" || this.#stopped) continue;
      const task = truth.state.tasks.get(change.taskId);
      if (!task) continue;
      if (change.set.replacedBy && task.nodeId) {
        const hostname = truth.state.nodes.get(task.nodeId)?.hostname ?? "";
        const sinceMs = away.get(hostname) ?? this.#waiting.get(change.taskId);
        if (sinceMs !== undefined) this.#waiting.set(change.set.replacedBy, sinceMs);
      }
      if (change.set.status === undefined) continue;
      const sinceMs = this.#waiting.get(change.taskId);
      if (sinceMs === undefined) continue;
      if (change.set.status === "running") this.samples.push(world.now - sinceMs);
      if (change.set.status !== "scheduled") this.#waiting.delete(change.taskId);
    }
  }
}
