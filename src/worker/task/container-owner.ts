// What a container's runner needs of the task that it belongs to. No behaviour.

import type { TaskId } from "../../model/ids.ts";
import type { Observation } from "./step.ts";

/** The task that a container belongs to. */
export interface ContainerOwner {
  readonly taskId: TaskId;
  /** False until the master has sent the task's assignment, or a whole set without it: before that a missing one means nothing. */
  readonly knowsAssignment: boolean;
  report(container: string, observation: Observation): void;
  /** False while the container is left as it is, because others are stopped before it. */
  mayAct(container: string): boolean;
  /** What is known of a container has changed, or an action of it has ended. */
  onChange(): void;
  /** A start found that the container whose network it joins is gone, or does not run. */
  onSandboxLost(): void;
}
