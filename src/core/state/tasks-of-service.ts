// The tasks behind a service: its replicas, or those that it selects.

import { hasSelector } from "../../model/service/selector.ts";
import type { Service } from "../../model/service/service.ts";
import type { Task } from "../../model/task/task.ts";
import type { ClusterState } from "./cluster-state.ts";

/** Those of a service with replicas: also ones that ended and that nothing has replaced. Selected ones: unfinished. By id. */
export function tasksOf(state: Pick<ClusterState, "selected" | "serviceTasks" | "task">, service: Service): Task[] {
  const { serviceId } = service;
  const ids = hasSelector(service) ? state.selected.of(serviceId) : state.serviceTasks.of(serviceId);
  return [...ids].sort().map((taskId) => state.task(taskId));
}
