// Keeps a container from starting while another one on the node, which is not to run any more, has a volume of it.

import { type ContainerSpec, namedVolumes } from "../../model/task/spec.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
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
