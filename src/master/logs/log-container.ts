// Which container of a task a log is read from.

import { ok } from "../../lib/result.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isPod } from "../../model/task/spec.ts";
import { noContainerStatus } from "../../model/task/status.ts";
import type { Task } from "../../model/task/task.ts";
import { type TaskView, viewTask } from "../../model/task/view.ts";

export interface LogContainer {
  /** The task, with the fields of this container in the place of those of the first. */
  readonly task: TaskView;
  /** Null for the only container of a task: workers of every release know which that is. */
  readonly container: string | null;
}

/** `asked`: left out for the first container. */
export function logContainer(task: Task, asked: string | undefined): Outcome<LogContainer> {
  const { spec, observed, name, taskId } = task;
  const names = [...spec.containers, ...spec.init].map((one) => one.name);
  if (asked !== undefined && !names.includes(asked)) {
    const hint = isPod(spec) ? `Its containers: ${names.join(", ")}.` : "It has one container; leave the name out.";
    return refuse("unprocessable", `task ${name} (${taskId}) has no container ${JSON.stringify(asked)}`, {
      hint,
      details: { field: "container" },
    });
  }
  const view = viewTask(task);
  if (!isPod(spec)) return ok({ task: view, container: null });
  const container = asked ?? names[0]!;
  const { containerId, startedAt } = observed.containers.find((one) => one.name === container) ?? noContainerStatus;
  return ok({ task: { ...view, containerId, startedAt }, container });
}
