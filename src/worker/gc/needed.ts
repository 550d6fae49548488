// Which images and volumes the tasks of this node need: nothing of these is removed.

import { plainReference } from "../../model/image-reference.ts";
import { isFinished } from "../../model/task/reason.ts";
import { imagesOf } from "../../model/task/spec.ts";
import { type Assignment, isToRun, volumesOf } from "../task/assignment.ts";

/** Names of images (plain references) and of volumes, each with the name of a task that needs it. */
export interface Needed {
  readonly images: ReadonlyMap<string, string>;
  readonly volumes: ReadonlyMap<string, string>;
}

/** What the master has assigned to this node. */
export interface Assignments {
  /** True when the master has sent its whole set: before that nothing counts as unneeded. */
  readonly isComplete: boolean;
  needed(): Needed;
}

export function neededBy(assignments: readonly Assignment[]): Needed {
  const images = new Map<string, string>();
  const volumes = new Map<string, string>();
  for (const assignment of assignments) {
    if (!isToRun(assignment) || isFinished(assignment.status)) continue;
    const { spec } = assignment;
    for (const image of imagesOf(spec)) images.set(plainReference(image), spec.name);
    for (const volume of volumesOf(assignment)) volumes.set(volume, spec.name);
  }
  return { images, volumes };
}
