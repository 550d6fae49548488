// How a snapshot writes many tasks: templates once in the snapshot; times, nodes and the statuses of tasks that have not
// started once in each chunk.

import { assert } from "../../lib/assert.ts";
import type { ChunkForm } from "../kinds/kind.ts";
import { fillInShared } from "../kinds/shared-values.ts";
import { isUnstarted } from "./status.ts";
import type { PackedTask, Task } from "./task.ts";

/** The fields that hold numbers in a snapshot. `observed` holds one if the task has not started. */
interface NumberedTask {
  createdAt: number | string;
  placement?: { nodeId: number | string; at: number | string };
  observed?: number | object;
}

export const taskChunkForm: ChunkForm<Task, PackedTask> = {
  numbered({ placement, observed }, packed, shared, near) {
    const numbered: Record<string, unknown> = {
      ...packed,
      createdAt: near.numberOf(packed.createdAt),
      spec: shared.numberOf(packed.spec),
    };
    if (placement) {
      const { nodeId, at, revision } = placement;
      numbered.placement = { nodeId: near.numberOf(nodeId), at: near.numberOf(at), revision };
    }
    if (packed.observed && isUnstarted(observed)) numbered.observed = near.numberOf(observed, packed.observed);
    return numbered;
  },

  fillIn(numbered, shared, near) {
    fillInShared(numbered, "spec", shared, (number) => missing(number));
    const task = numbered as NumberedTask;
    const { placement, observed } = task;
    task.createdAt = nearValue(near, task.createdAt) as string;
    if (placement) {
      placement.nodeId = nearValue(near, placement.nodeId) as string;
      placement.at = nearValue(near, placement.at) as string;
    }
    if (typeof observed === "number") task.observed = nearValue(near, observed) as object;
    return typeof observed !== "object";
  },
};

function nearValue(near: readonly (object | string)[], number: number | string): object | string {
  const value = near[number as number];
  if (value === undefined) assert(false, missing(number));
  return value;
}

function missing(number: unknown): string {
  return `a task with the shared value ${number}, which the snapshot does not have`;
}
