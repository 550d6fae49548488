// Which named volumes a task mounts, and whether it could have them on a node: by its mounts, without the scheduler, whose
// results are what the checkers verify.

import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { isPlaced } from "../../model/task/reason.ts";
import { mainContainer } from "../../model/task/spec.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Truth } from "../run/truth.ts";

export interface MountedVolume {
  name: string;
  writes: boolean;
}

type Mounting = Pick<TaskView, "mounts" | "containers" | "initContainers">;

/** Those of all containers of the task. */
export function volumesOf(task: Mounting): MountedVolume[] {
  // As most tasks, which are looked at often.
  if (!task.containers && task.mounts.length === 0) return [];
  return volumesIn([...mountsOf(task).values()].flat());
}

/** Those of each container, by its name. */
export function volumesByContainer(task: Mounting): Map<string, MountedVolume[]> {
  return new Map([...mountsOf(task)].map(([container, mounts]) => [container, volumesIn(mounts)]));
}

function mountsOf({ mounts, containers, initContainers = [] }: Mounting): Map<string, TaskView["mounts"]> {
  if (!containers) return new Map([[mainContainer, mounts]]);
  return new Map([...initContainers, ...containers].map((one) => [one.name, one.mounts]));
}

function volumesIn(mounts: TaskView["mounts"]): MountedVolume[] {
  const named = mounts.filter(({ type, source }) => type === "volume" && source !== "");
  return [...new Set(named.map(({ source }) => source))].map((name) => ({
    name,
    writes: named.some(({ source, readOnly }) => source === name && !readOnly),
  }));
}

/** The one machine that is the node now. Undefined if none is, or if two say so. */
export function machineOf(workers: readonly WorkerMachine[], nodeId: NodeId | null): WorkerMachine | undefined {
  const found = nodeId === null ? [] : workers.filter(({ identity }) => identity?.nodeId === nodeId);
  return found.length === 1 ? found[0] : undefined;
}

/** True when the task's volumes would let it run on the node now. */
export function couldHaveVolumes({ state, tasks }: Truth, node: NodeRecord, task: TaskView): boolean {
  return volumesOf(task).every(({ name, writes }) => {
    const volume = state.tables.volume.get(name);
    if (volume?.nodeId && volume.nodeId !== node.nodeId) return false;
    // Its files are being copied, or are incomplete.
    if (volume?.work) return false;
    const needsAll = writes && volume?.writers !== "many";
    for (const other of tasks.values()) {
      // While others leave a node for it, it keeps its volumes there.
      const awaits = other.status === "pending" && other.reason.code === "preempting" && other.taskId !== task.taskId;
      if (!awaits && !(needsAll && isPlaced(other.status))) continue;
      const used = volumesOf(other).find((one) => one.name === name);
      if (used && ((needsAll && used.writes) || (awaits && !volume?.nodeId))) return false;
    }
    return true;
  });
}
