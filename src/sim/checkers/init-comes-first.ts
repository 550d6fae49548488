// Init containers run one after the other, each to its end with exit code 0, before the other containers start; and one that has
// done its work does not run again. All of this holds for each sandbox of a task: with another one, they run again.

import { sandboxContainer } from "../../model/task/spec.ts";
import type { Checker } from "./checker.ts";
import { PodSpecs, podOf } from "./pod-specs.ts";

export const initComesFirst: Checker = {
  name: "init-comes-first",
  sentence:
    "Init containers end well in the sandbox of their pod, in order, before the main ones start, and do not run again.",
  class: "safety",
  hooks: (_, fail) => {
    const specs = new PodSpecs();
    /** Init containers that have done their work, with the id of the container. */
    const done = new Map<string, string>();
    return {
      batch: (certain) => specs.batch(certain),
      end(machine, one) {
        const { taskId, container, containerId, exitCode } = one;
        const isInit = specs.of(taskId)?.init.some(({ name }) => name === container);
        // One that ends after its network has gone starts again in another one.
        const isDone = isInit && exitCode === 0 && machine.engine.containers.hasNetwork(containerId);
        if (isDone) done.set(`${podOf(machine, one)} ${container}`, containerId);
      },
      run(machine, taskId, one) {
        const { container, containerId } = one;
        const spec = specs.of(taskId);
        if (!spec || container === sandboxContainer) return;
        const at = spec.init.findIndex(({ name }) => name === container);
        const pod = podOf(machine, one);
        const before = at < 0 ? spec.init : spec.init.slice(0, at);
        const open = before.find(({ name }) => !done.has(`${pod} ${name}`));
        if (open) fail(`${container} of ${taskId} starts on ${machine.name} before ${open.name} has ended well`);
        if (at >= 0 && done.get(`${pod} ${container}`) === containerId)
          fail(`the init container ${container} of ${taskId} has done its work, and runs again on ${machine.name}`);
      },
    };
  },
};
