// The record kind of tasks.

import { assert } from "../../lib/assert.ts";
import type { TaskId } from "../ids.ts";
import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { taskChunkForm } from "./chunk-form.ts";
import { fromFlatRecord, fromFlatUpdate } from "./flat-format.ts";
import { isPlaced } from "./reason.ts";
import {
  mergeTask,
  type PackedTask,
  type PackedTaskUpdate,
  packTask,
  type Task,
  unpackTask,
  updateTask,
} from "./task.ts";
import { isTransition } from "./transitions.ts";
import { type TaskView, taskText, viewTask } from "./view.ts";

type TaskStream = StreamForm<Task, TaskView, "taskId" | "name">;

export const taskKind: Kind<TaskId, Task, PackedTask, PackedTaskUpdate, "tasks", TaskStream> = {
  plural: "tasks",
  position: 2,
  idOf: ({ taskId }) => taskId,
  pack: packTask,
  unpack: unpackTask,
  update: updateTask,
  sharedField: "spec",
  chunkForm: taskChunkForm,
  merge: mergeTask,
  view: viewTask,
  viewText: taskText,
  summary: ({ name, observed }) => ({
    name,
    status: observed.status,
    live: isPlaced(observed.status),
  }),
  stream: { removedFields: ["taskId", "name"] },
  assertTransition(before, after) {
    const { status: from } = before.observed;
    const { status: to } = after.observed;
    if (from !== to) assert(isTransition(from, to), `task ${before.taskId} cannot go from ${from} to ${to}`);
  },
  loadSchema: async () => (await import("./record-schema.ts")).taskRecord,
  loadViewSchema: async () => (await import("./view-schema.ts")).taskView,
  migrations: [{ to: 2, record: fromFlatRecord, update: fromFlatUpdate }],
  limit: limits.tasks,
  whenFull: (count) => ({
    message: `the cluster holds ${count} tasks, which is its limit`,
    hint: "Remove finished tasks: podling prune.",
  }),
  retention: `finished ones: the newest ${limits.finishedTaskCount.toLocaleString("en")}, for ${limits.finishedTaskAgeMs / 3_600_000} h, and ${limits.finishedTasksOfSlot} of a slot of a service`,
};
