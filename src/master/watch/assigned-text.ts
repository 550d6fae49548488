// A task as its worker gets it: with the names of the volumes whose data is on the node already.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import type { Task } from "../../model/task/task.ts";
import { assignmentText } from "../../model/task/view.ts";

export function assignedText({ tables }: Pick<ClusterState, "tables">, task: Task): string {
  const text = assignmentText(task);
  const { volumes } = requirementsOf(task.spec);
  if (volumes.length === 0) return text;
  const filled = volumes.flatMap(({ name }) => {
    const volume = tables.volume.get(name);
    return volume?.filled && volume.nodeId === task.placement?.nodeId ? [name] : [];
  });
  return filled.length === 0 ? text : `${text.slice(0, -1)},"filledVolumes":${JSON.stringify(filled)}}`;
}
