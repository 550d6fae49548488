// Keeps a container from starting while another one on the node, which is not to run any more, has a volume of it, and from
// being made with an empty volume in the place of one whose data the node has lost.

import { type ContainerSpec, namedVolumes } from "../../model/task/spec.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import type { ContainerAssignment } from "./assignment.ts";
import type { RunnerContext } from "./runner-context.ts";

/** Throws volume-in-use while a container that is not to run has a volume of this one: both could write to the same files. */
export async function checkVolumes(
  spec: ContainerSpec,
  { runtime, neighbours }: Pick<RunnerContext, "runtime" | "neighbours">,
): Promise<void> {
  const volumes = namedVolumes(spec);
  const unwanted = volumes.length === 0 ? [] : neighbours.unwantedContainers();
  if (unwanted.length === 0) return;
  for (const use of await runtime.containers.uses()) {
    const volume = unwanted.includes(use.containerId) ? use.volumes.find((name) => volumes.includes(name)) : undefined;
    if (volume !== undefined)
      throw new RuntimeError("volume-in-use", `the volume ${volume} is used by the container ${use.name}`, true);
  }
}

/** Throws volume-missing if the node must have a volume of the container and does not: the engine would make an empty one. */
export async function checkData(
  { spec, filledVolumes = [] }: Pick<ContainerAssignment, "spec" | "filledVolumes">,
  { runtime }: Pick<RunnerContext, "runtime">,
): Promise<void> {
  const wanted = filledVolumes.length === 0 ? [] : namedVolumes(spec).filter((name) => filledVolumes.includes(name));
  if (wanted.length === 0) return;
  const there = new Set((await runtime.volumes.list(false)).map(({ name }) => name));
  const missing = wanted.find((name) => !there.has(name));
  if (missing === undefined) return;
  const advice = `Stop the task, and restore it (podling volume restore ${missing} FILE) or give it up (podling volume release -f ${missing})`;
  throw new RuntimeError("volume-missing", `the data of the volume ${missing} is gone from this node. ${advice}`, true);
}
