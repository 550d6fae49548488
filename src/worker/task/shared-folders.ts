// The folders that the containers of one task share: volumes of the engine whose name and label derive from the task, so that
// each container finds them, and so that they are removed when the task has no container any more.

import { containerLabels } from "../../model/cluster/cluster.ts";
import type { TaskId } from "../../model/ids.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";

/** The spec with each shared folder as the volume that it is. */
export function withSharedFolders(taskId: TaskId, spec: ContainerSpec): ContainerSpec {
  if (!spec.mounts.some(({ type }) => type === "shared")) return spec;
  return {
    ...spec,
    mounts: spec.mounts.map((mount) => {
      if (mount.type !== "shared") return mount;
      const labels = { ...mount.options?.labels, [containerLabels.task]: taskId };
      return {
        ...mount,
        type: "volume" as const,
        source: `podling-${taskId}-${mount.source}`,
        options: { ...mount.options, labels },
      };
    }),
  };
}
