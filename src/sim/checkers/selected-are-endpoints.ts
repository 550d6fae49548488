// The endpoints of a service with a selector are the tasks with its labels that serve, and those that are being drained and still
// run. It looks at every task, and not at the index of selected ones.

import { endpointsOf } from "../../master/watch/endpoint-streams.ts";
import type { Service } from "../../model/service/service.ts";
import type { Task } from "../../model/task/task.ts";
import type { Checker } from "./checker.ts";
import { serves } from "./service-steps.ts";

function isSelected({ selector = {}, namespace }: Service, { spec }: Task): boolean {
  const isInNamespace = (spec.labels["podling.namespace"] ?? "default") === namespace;
  return isInNamespace && Object.entries(selector).every(([key, value]) => spec.labels[key] === value);
}

/** True when the task runs and is ready, and is not being stopped. */
function isReachable(task: Task): boolean {
  return task.desired !== "stopped" && serves({ ...task, desired: "running" });
}

export const selectedAreEndpoints: Checker = {
  name: "selected-are-endpoints",
  sentence: "Endpoints of a service with a selector are the ready tasks with all of its labels, and no others.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch() {
      for (const service of truth.state.tables.service.values()) {
        if (service.selector === undefined) continue;
        const wanted = [...truth.state.tasks.values()].filter((task) => isSelected(service, task) && isReachable(task));
        const text = (task: Pick<Task, "name" | "taskId">, draining: boolean) =>
          `${task.name} (${task.taskId})${draining ? ", draining" : ""}`;
        const expected = wanted.map((task) => text(task, task.desired === "draining")).sort();
        const shown = endpointsOf(truth.state, service)
          .endpoints.map((one) => text(one, one.draining))
          .sort();
        if (expected.join("; ") !== shown.join("; "))
          fail(`${service.name} has the endpoints ${shown.join("; ")}, and should have ${expected.join("; ")}`);
      }
    },
  }),
};
