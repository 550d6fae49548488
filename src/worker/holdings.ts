// What the worker's HTTP server shows of its tasks: the assignment in its flat form with one container, and that container.

import type { TaskId } from "../model/ids.ts";
import type { ContainerState } from "../runtime/containers.ts";
import type { Assignment } from "./task/assignment.ts";
import type { TaskRunner } from "./task/task-runner.ts";

export interface Holding {
  taskId: TaskId;
  assignment: ReturnType<typeof flat> | null;
  found: ContainerState | null;
}

/** The container is the task's first, by the order of its spec. */
export function holdingOf({ taskId, assignment, found }: TaskRunner): Holding {
  const first = assignment?.spec.containers[0]?.name;
  const state = found.find(({ container }) => container === first) ?? found[0] ?? null;
  return { taskId, assignment: assignment && flat(assignment), found: state };
}

function flat({ taskId, spec, desired, status, containers }: Assignment) {
  const { containers: specs, init: _, ...ofTask } = spec;
  return { ...containers[0], ...specs[0], taskId, ...ofTask, desired, status };
}
