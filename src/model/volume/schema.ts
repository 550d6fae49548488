// The schemas of a volume's record and of what leaves the master. The types of volume.ts and the OpenAPI description are
// derived from these, so that a field is declared once.

import { z } from "zod";
import { timeText } from "../fields.ts";

const text = z.string();

export const volumeStates = ["unbound", "bound", "released"] as const;

export const volumeUser = z.object({
  taskId: text.describe("Id of the task."),
  name: text.describe("Name of the task."),
});

export const volumeJobs = ["backup", "restore", "move"] as const;

export const volumeWork = z.object({
  id: text.describe("Names this work among all on the volume."),
  job: z.enum(volumeJobs).describe("What is done."),
  to: text.nullable().describe("The node that gets the files. Null for a backup."),
  toHostname: text.nullable().describe("The name of that node."),
  startedAt: timeText.describe("By the master's clock."),
  by: text.describe("Who asked for it, as declared."),
  failed: text.nullable().describe("Why it failed. Null while it is under way."),
});

export const volumeCopy = z.object({
  nodeId: text.describe("The node."),
  hostname: text.describe("The name that it had."),
  why: z
    .enum(["released", "moved", "copied"])
    .describe("released: its data was given up. moved: it was moved away. copied: a move to the node failed."),
});

export const volume = z.object({
  name: text.describe("The engine of its node has it under the same name. Unique in the cluster."),
  nodeId: text.nullable().describe("The node that has its data. Null until the first task that mounts it is placed."),
  hostname: text.nullable().describe("The name that this node had when the data came there. Null if there is none."),
  state: z
    .enum(volumeStates)
    .describe(
      "unbound: no task has used it yet. bound: its data is on one node, and tasks follow it there. released: a user gave its data up; the next task starts with an empty volume, on any node.",
    ),
  writers: z
    .union([z.literal(1), z.literal("many")])
    .describe("How many tasks may mount it for writing at a time. Mounts that only read do not count."),
  lastUsedBy: volumeUser.nullable().describe("The task with it that was placed last. Null if there was none."),
  filled: z
    .boolean()
    .optional()
    .describe(
      "True when a task with it has run on its node, or files were copied there: a worker that does not have it starts no task with an empty one. Left out if neither is known.",
    ),
  work: volumeWork
    .nullable()
    .describe(
      "Work on its files. Tasks with the volume wait meanwhile, and after a restore that failed. Null if there is none.",
    ),
  copies: z.array(volumeCopy).describe("Nodes that may have other files under its name, the oldest first."),
  labels: z.record(text, text).describe("Labels that users set; the engine's volume does not have them."),
  createdAt: timeText.describe("By the master's clock."),
});

/** What the master adds to the record. */
export const volumeUse = z.object({
  usedBy: z
    .array(
      volumeUser.extend({
        status: text.describe("The status of the task."),
        writes: z.boolean().describe("True when it may write."),
      }),
    )
    .describe("The unfinished tasks that mount it, by id."),
  message: text.describe("Where its data is, as a sentence."),
});

export const volumeView = volume
  .extend(volumeUse.shape)
  .describe("A named volume: files on one node, which outlive the tasks that mount them.");
