// The endpoints of a service are its replicas that serve, and those that are being drained and still run; no others.

import { endpointsOf } from "../../master/watch/endpoint-streams.ts";
import type { Task } from "../../model/task/task.ts";
import type { Checker } from "./checker.ts";
import { serves, stepsOf } from "./service-steps.ts";

/** True when the replica runs and is ready, and gets no new traffic. */
function isDraining(task: Task): boolean {
  return task.desired === "draining" && serves({ ...task, desired: "running" });
}

export const endpointsAreReady: Checker = {
  name: "endpoints-are-ready",
  sentence:
    "Endpoints are replicas that run and are ready; those that go are marked, and what is to be stopped is none.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch(certain) {
      for (const { service, tasks } of stepsOf(truth, certain)) {
        const { endpoints } = endpointsOf(truth.state, service);
        const shown = new Map<string, boolean>(endpoints.map(({ taskId, draining }) => [taskId, draining]));
        for (const task of tasks) {
          const { taskId, name } = task;
          const wanted = serves(task) ? false : isDraining(task) ? true : undefined;
          if (shown.get(taskId) !== wanted)
            fail(`${name} (${taskId}) is ${wordOf(shown.get(taskId))}, and should be ${wordOf(wanted)}`);
        }
      }
    },
  }),
};

function wordOf(draining: boolean | undefined): string {
  if (draining === undefined) return "no endpoint";
  return draining ? "an endpoint that is drained" : "an endpoint";
}
