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
    /** Init containers that have ended well. */
    const ended = new Set<string>();
    /** Those of them whose network was there, with the id of the container: their worker has no reason to start them again. */
    const done = new Map<string, string>();
    return {
      batch: (certain) => specs.batch(certain),
      end(machine, one) {
        const { taskId, container, containerId, exitCode } = one;
        const isInit = specs.of(taskId)?.init.some(({ name }) => name === container);
        if (!isInit || exitCode !== 0) return;
        const key = `${podOf(machine, one)} ${container}`;
        ended.add(key);
        if (machine.engine.containers.hasNetwork(containerId)) done.set(key, containerId);
      },
      run(machine, taskId, one) {
        const { container, containerId } = one;
        const spec = specs.of(taskId);
        if (!spec || container === sandboxContainer) return;
        const at = spec.init.findIndex(({ name }) => name === container);
        const pod = podOf(machine, one);
        const before = at < 0 ? spec.init : spec.init.slice(0, at);
        const open = before.find(({ name }) => !ended.has(`${pod} ${name}`));
        if (open) fail(`${container} of ${taskId} starts on ${machine.name} before ${open.name} has ended well`);
        if (at >= 0 && done.get(`${pod} ${container}`) === containerId)
          fail(`the init container ${container} of ${taskId} has done its work, and runs again on ${machine.name}`);
      },
    };
  },
};
