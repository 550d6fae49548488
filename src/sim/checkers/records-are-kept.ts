// The master's own time decides how long the record of a finished task is kept, whatever the clock of its node says.

import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { TaskView } from "../../model/task/view.ts";
import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import { worldEpochMs } from "../world/host.ts";
import type { Checker } from "./checker.ts";

/** A batch is decided before it is durable: by the longest sync of a slow disk. */
const syncMs = 5000;
/** After this a record that is too old must be gone, while the master is well. */
const lateMs = 15_000;

export const recordsAreKept: Checker = {
  name: "records-are-kept",
  sentence:
    "A finished task's record is kept for the retention age, or until too many are there or in its slot, and no longer.",
  class: "safety",
  hooks: ({ truth, world, master, disturbance }, fail) => {
    const finishedAt = new Map<TaskId, number>();
    const { count, ageMs } = master.retention;
    /** How many other tasks of its slot have finished. */
    const finishedInSlot = ({ owner }: TaskView, taskId: TaskId): number =>
      truth.ownedBy(owner!.id).filter((one) => one.owner!.slot === owner!.slot && one.ended && one.taskId !== taskId)
        .length;
    /** A master's clock that jumps moves the age of every record. */
    let clockJumped = false;
    return {
      batch({ batch, tasks }) {
        if (Math.abs(batch.at - (worldEpochMs + world.now)) > syncMs) clockJumped = true;
        const asked = batch.commands.some(({ type }) => type === "removeTask" || type === "removeService");
        for (const { id, before, after } of tasks) {
          if (after && isFinished(after.status) && !finishedAt.has(id)) finishedAt.set(id, world.now);
          if (after !== null || before === null) continue;
          const kept = finishedAt.size;
          const agedMs = world.now - (finishedAt.get(id) ?? world.now);
          finishedAt.delete(id);
          // Removed together with its service, as soon as its node has stopped it.
          const withService = before.requests?.remove === true;
          const ofSlot = before.owner ? finishedInSlot(before, id) : 0;
          if (ofSlot >= limits.finishedTasksOfSlot) continue;
          if (!asked && !withService && !clockJumped && kept <= count && agedMs < ageMs - syncMs)
            fail(`the record of ${id} was removed after ${Math.round(agedMs)} ms, with ${kept} of ${count} kept`);
        }
      },
      periodic() {
        const undisturbedMs = Math.min(
          ...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)),
        );
        if (clockJumped || undisturbedMs < lateMs || !master.master) return;
        for (const [id, sinceMs] of finishedAt) {
          const agedMs = world.now - sinceMs;
          if (truth.tasks.has(id) && agedMs > ageMs + lateMs)
            fail(`the record of ${id} is still there ${Math.round(agedMs / 1000)} s after the task finished`);
        }
      },
    };
  },
};
