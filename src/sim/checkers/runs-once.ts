// A task that is not to be restarted is started once.

import type { Checker } from "./checker.ts";

export const runsOnce: Checker = {
  name: "runs-once",
  sentence: "A task that is not to be restarted is started once.",
  class: "safety",
  look: (_, wrong) => {
    const starts = new Map<string, number>();
    return {
      run(machine, taskId, { restartPolicy }) {
        if (restartPolicy.mode !== "never") return;
        // A machine that was wiped before it could tell cannot know what it ran.
        const run = `${taskId} ${machine.name} ${machine.wipes}`;
        const count = (starts.get(run) ?? 0) + 1;
        starts.set(run, count);
        if (count > 1) wrong(`task ${taskId} may run once, and was started ${count} times, last on ${machine.name}`);
      },
    };
  },
};
