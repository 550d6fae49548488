// A volume as the API shows it: the record, with the tasks that use it and the sentence where its data is.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import { hasFinished } from "../../model/task/task.ts";
import { placeOfData, type Volume, type VolumeUsage, type VolumeView } from "../../model/volume/volume.ts";

export function viewVolume(state: ClusterState, volume: Volume): VolumeView {
  return { ...volume, ...volumeUse(state, volume) };
}

export function volumeUse(state: ClusterState, volume: Volume): VolumeUsage {
  const { name, nodeId } = volume;
  const tasks = [...state.schedule.volumes.users(name)].sort().map((taskId) => state.task(taskId));
  const usedBy = tasks
    .filter((task) => !hasFinished(task))
    .map(({ taskId, name: taskName, observed, spec }) => ({
      ...{ taskId, name: taskName, status: observed.status },
      writes: requirementsOf(spec).volumes.some((use) => use.name === name && use.writes),
    }));
  return { usedBy, message: placeOfData(volume, nodeId === null ? undefined : state.nodes.get(nodeId)) };
}
