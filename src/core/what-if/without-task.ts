// The nodes as if a task were not placed: its own capacity counts as free, else it would not fit beside itself.

import { isPlaced } from "../../model/task/reason.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import type { Task } from "../../model/task/task.ts";
import type { ScheduleIndex } from "../schedule/index/schedule-index.ts";
import type { ClusterState } from "../state/cluster-state.ts";

/** The index itself if the task takes nothing, else a copy. Not to be changed. */
export function nodesWithout({ schedule }: Pick<ClusterState, "schedule">, task: Task): ScheduleIndex {
  const { taskId, placement, observed } = task;
  const wanted = requirementsOfTask(task);
  if (placement !== null && isPlaced(observed.status)) {
    const index = schedule.clone();
    index.release(placement.nodeId, wanted);
    index.volumes.moved(task, null);
    return index;
  }
  if (observed.reason.code !== "preempting") return schedule;
  // The volumes that are held for it are not in its own way.
  const index = schedule.clone();
  index.volumes.endHold(taskId, wanted.volumes);
  return index;
}
