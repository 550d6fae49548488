// A task with probes is ready only while it runs, and only after its program has answered a check well in the same run.

import type { TaskView } from "../../model/task/view.ts";
import type { Checker } from "./checker.ts";

/** A probe that must pass before the task is ready. */
function waitsForProbe({ readinessProbe, startupProbe, health }: TaskView): boolean {
  return readinessProbe !== undefined || startupProbe !== undefined || (health !== undefined && !health.disabled);
}

export const readyHasPassed: Checker = {
  name: "ready-has-passed",
  sentence: "A task is ready only while it runs, and with probes only after a check of this run went well.",
  class: "safety",
  hooks: (_, fail) => {
    const passed = new Set<string>();
    return {
      answered(taskId, startedAt, good) {
        if (good) passed.add(`${taskId} ${startedAt}`);
      },
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          if (!after?.ready) continue;
          if (after.status !== "running") fail(`task ${id} is ${after.status}, and ready`);
          if (!waitsForProbe(after) || (before?.ready && before.startedAt === after.startedAt)) continue;
          if (!passed.has(`${id} ${after.startedAt}`))
            fail(`task ${id} is ready, and no check of its run since ${after.startedAt} went well`);
        }
      },
    };
  },
};
