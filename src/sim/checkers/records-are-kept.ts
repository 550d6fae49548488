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

/** Commands that remove finished tasks. */
const removing: ReadonlySet<string> = new Set([
  ...["removeTask", "removeService", "removeJob", "removeSchedule", "putApp", "rollbackApp", "removeApp"],
]);

export const recordsAreKept: Checker = {
  name: "records-are-kept",
  sentence:
    "A finished task's record is kept for the retention age, or until too many are there or in its slot, and no longer.",
  class: "safety",
  hooks: ({ truth, world, master, disturbance }, fail) => {
    const finishedAt = new Map<TaskId, number>();
    /** Finished tasks by the slot of a service that they were in. */
    const slots = new Map<string, Set<TaskId>>();
    const slotOf = ({ owner }: TaskView) => (owner?.kind === "service" ? `${owner.id} ${owner.slot}` : null);
    const { count, ageMs } = master.retention;
    /** A master's clock that jumps moves the age of every record. */
    let clockJumped = false;
    return {
      batch({ batch, tasks }) {
        if (Math.abs(batch.at - (worldEpochMs + world.now)) > syncMs) clockJumped = true;
        const asked = batch.commands.some(({ type }) => removing.has(type));
        // A job takes its tasks with it, also when its time to live is over.
        const withJob = (task: TaskView) => task.owner?.kind === "job" && truth.removed.has(task.owner.id);
        for (const { id, before, after } of tasks) {
          if (after && isFinished(after.status)) {
            if (!finishedAt.has(id)) finishedAt.set(id, world.now);
            const slot = slotOf(after);
            // One that nothing has replaced yet decides what its slot gets, and is kept beside the others.
            const isOver = after.desired !== "running" || after.replacedBy !== null;
            if (slot !== null && isOver) slots.set(slot, (slots.get(slot) ?? new Set()).add(id));
          }
          if (after !== null || before === null) continue;
          const ofSlot = slots.get(slotOf(before) ?? "");
          const isCrowded = ofSlot !== undefined && ofSlot.size > limits.finishedTasksOfSlot;
          ofSlot?.delete(id);
          const kept = finishedAt.size;
          const agedMs = world.now - (finishedAt.get(id) ?? world.now);
          finishedAt.delete(id);
          // Removed together with its service, as soon as its node has stopped it.
          const withService = before.requests?.remove === true;
          if (
            !asked &&
            !withService &&
            !withJob(before) &&
            !isCrowded &&
            !clockJumped &&
            kept <= count &&
            agedMs < ageMs - syncMs
          )
            fail(`the record of ${id} was removed after ${Math.round(agedMs)} ms, with ${kept} of ${count} kept`);
        }
        for (const [slot, ids] of slots)
          if (ids.size > limits.finishedTasksOfSlot)
            fail(`the slot ${slot} has ${ids.size} finished tasks, and ${limits.finishedTasksOfSlot} are kept`);
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
