// One pull of a container's image, with its progress reported not more often than a limit says. Whether a failed pull is
// tried again is for reduce() to decide.

import { limits } from "../../model/limits.ts";
import { type PulledImage, sandboxImage } from "../../runtime/images.ts";
import type { ContainerAssignment } from "./assignment.ts";
import type { RunnerContext } from "./runner-context.ts";

/** `missing`: the engine has just said that it does not have the image. */
export async function pullImage(
  { runtime, clock, images, files }: Pick<RunnerContext, "runtime" | "clock" | "images" | "files">,
  { spec: { image, pullPolicy }, platform }: Pick<ContainerAssignment, "spec" | "platform">,
  missing: boolean,
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (image === sandboxImage) return runtime.images.makeSandbox();
  say(`pulling ${image}`);
  let saidAt = clock.now();
  const progress = (message: string) => {
    if (clock.now() - saidAt < limits.progressIntervalMs) return;
    saidAt = clock.now();
    say(message);
  };
  // With "always" the engine is not asked again whether it has the image.
  const policy = missing ? "always" : pullPolicy;
  let pulled: PulledImage | null = null;
  try {
    pulled = await runtime.images.pull(image, policy, platform, progress, signal, files.loginFor(image));
  } finally {
    images.pulled(image, pulled);
  }
}
