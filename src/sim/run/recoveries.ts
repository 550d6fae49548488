// The time from the moment a node goes away until the replacement of its task runs elsewhere, in virtual time.

import type { TaskId } from "../../model/ids.ts";
import type { RunContext } from "./context.ts";
import type { CertainBatch } from "./truth.ts";

export class Recoveries {
  readonly samples: number[] = [];
  readonly #context: RunContext;
  /** Replacement -> when the node of the replaced one went away. */
  readonly #waiting = new Map<TaskId, number>();
  #stopped = false;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** After the repair, a container that starts again is no replacement. */
  stop(): void {
    this.#stopped = true;
  }

  batch({ tasks }: CertainBatch): void {
    const { truth, away, world } = this.#context;
    for (const { id, before, after } of tasks) {
      if (after === null || this.#stopped) continue;
      if (after.replacedBy && before?.replacedBy == null && after.nodeId) {
        const hostname = truth.state.nodes.get(after.nodeId)?.hostname ?? "";
        const sinceMs = away.get(hostname) ?? this.#waiting.get(id);
        if (sinceMs !== undefined) this.#waiting.set(after.replacedBy, sinceMs);
      }
      if (after.status === before?.status) continue;
      const sinceMs = this.#waiting.get(id);
      if (sinceMs === undefined) continue;
      if (after.status === "running") this.samples.push(world.now - sinceMs);
      if (after.status !== "scheduled" && after.status !== "pending") this.#waiting.delete(id);
    }
  }
}
