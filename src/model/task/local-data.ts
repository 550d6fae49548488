// What of a task's data lies on its node alone: it would not be there on another one.

import type { Mount, TaskSpec } from "./spec.ts";

/** Named volumes of the node and mounted folders, as texts for people; empty if there are none. */
export function localDataOf({ containers, init }: Pick<TaskSpec, "containers" | "init">): string[] {
  return [...new Set([...init, ...containers].flatMap(({ mounts }) => localMounts(mounts)))];
}

/** The same for the mounts of one container. */
export function localMounts(mounts: readonly Mount[]): string[] {
  return mounts.flatMap(({ type, source, options }) => {
    if (type === "bind") return [`folder ${source}`];
    // A volume without a name goes with its container; one with a driver of its own may lie anywhere.
    return type === "volume" && source !== "" && options?.driver === undefined ? [`volume ${source}`] : [];
  });
}
