// A container that is not to be restarted, by its policy or by a user, is started once. In a task of several it is started again
// only if its run has ended because its network was gone; an init container also in each new sandbox.

import type { TaskId } from "../../model/ids.ts";
import { policyOf } from "../../model/task/restart-policy.ts";
import { sandboxContainer } from "../../model/task/spec.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Checker, Container } from "./checker.ts";
import { keyOf, podOf } from "./pod-specs.ts";

/** True when no run follows the end of a run. */
function isNeverRestarted({ containers, initContainers = [], restartPolicy }: TaskView, name: string): boolean {
  const own = [...initContainers, ...(containers ?? [])].find((one) => one.name === name);
  const byDefault = own?.sidecar ? "always" : restartPolicy;
  return policyOf(own?.restartPolicy ?? byDefault).mode === "never";
}

export const runsOnce: Checker = {
  name: "runs-once",
  sentence: "A container that is not to be restarted, by its policy or by a user, is started once in its network.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    /** Runs that nothing may follow. */
    const over = new Set<string>();
    /** Containers of several that a worker has asked its engine to stop. */
    const asked = new Set<string>();
    // A machine that was wiped before it could report does not know what it ran.
    const runKey = (machine: WorkerMachine, one: Container) => {
      const { initContainers = [] } = truth.tasks.get(one.taskId as TaskId) ?? {};
      const isInit = initContainers.some(({ name }) => name === one.container);
      return isInit ? `${podOf(machine, one)} ${one.container}` : keyOf(machine, one.taskId, one.container);
    };
    return {
      stop(_machine, _taskId, { containerId, joined }) {
        if (joined !== undefined) asked.add(containerId);
      },
      end(machine, container) {
        const { containerId } = container;
        // What was stopped is started again in another network, or not at all.
        if (!asked.delete(containerId) && machine.engine.containers.hasNetwork(containerId))
          over.add(runKey(machine, container));
      },
      run(machine, taskId, container) {
        // A task that has just been deleted may still start; one-placement reports a task that never was in the log.
        const task = truth.tasks.get(taskId as TaskId);
        if (!task || task.requests?.restarts || container.container === sandboxContainer) return;
        if (isNeverRestarted(task, container.container) && over.has(runKey(machine, container)))
          fail(`${container.container} of task ${taskId} may run once, and is started again on ${machine.name}`);
      },
    };
  },
};
