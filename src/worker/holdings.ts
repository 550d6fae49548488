// What the worker's HTTP server shows of its tasks: the assignment in its flat form with one container, and that container.

import type { TaskId } from "../model/ids.ts";
import { sandboxContainer } from "../model/task/spec.ts";
import type { ContainerState } from "../runtime/containers.ts";
import type { Assignment } from "./task/assignment.ts";
import type { TaskRunner } from "./task/task-runner.ts";

export interface Holding {
  taskId: TaskId;
  assignment: ReturnType<typeof flat> | null;
  found: ContainerState | null;
  /** All of a task that has several, with the one that holds their network. Left out for a task of one. */
  containers?: ContainerState[];
}

/** The container is the task's first, by the order of its spec. */
export function holdingOf({ taskId, assignment, found }: TaskRunner): Holding {
  const first = assignment?.spec.containers[0]?.name;
  const users = found.filter(({ container }) => container !== sandboxContainer);
  const state = users.find(({ container }) => container === first) ?? users[0] ?? null;
  const several = found.length > 1 ? { containers: found } : {};
  return { taskId, assignment: assignment && flat(assignment), found: state, ...several };
}

/** The container of this name; without a name the first. */
export function containerIdOf(holding: Holding | undefined, name?: string): string | undefined {
  if (name === undefined) return holding?.found?.containerId;
  const all = holding?.containers ?? (holding?.found ? [holding.found] : []);
  return all.find(({ container }) => container === name)?.containerId;
}

function flat({ taskId, spec, desired, status, containers }: Assignment) {
  const { containers: specs, init: _, ...ofTask } = spec;
  const first = containers.find(({ name }) => name === specs[0]?.name);
  return { ...first, ...specs[0], taskId, ...ofTask, desired, status };
}
