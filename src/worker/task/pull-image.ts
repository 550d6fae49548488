// One pull of a task's image, with its progress told not more often than a limit says. Whether there is another try after
// a failure is the runner's affair.

import { limits } from "../../model/limits.ts";
import type { PulledImage } from "../../runtime/runtime.ts";
import type { Assignment } from "./assignment.ts";
import type { RunnerContext } from "./runner-context.ts";
import type { Attempts } from "./step.ts";

export async function pullImage(
  { runtime, clock, onPulled }: Pick<RunnerContext, "runtime" | "clock" | "onPulled">,
  { image, pullPolicy, platform }: Assignment,
  attempts: Attempts,
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  say(`pulling ${image}`);
  let saidAt = clock.now();
  const progress = (message: string) => {
    if (clock.now() - saidAt < limits.progressIntervalMs) return;
    saidAt = clock.now();
    say(message);
  };
  // Where a create has just found it missing there is no need to look again.
  const policy = attempts.imageMissing ? "always" : pullPolicy;
  let pulled: PulledImage | null = null;
  try {
    pulled = await runtime.pull(image, policy, platform, progress, signal);
  } finally {
    onPulled(image, pulled);
  }
  attempts.imageReady = true;
  attempts.imageMissing = false;
}
