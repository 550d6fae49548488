// After the repair every running container has a task that is placed there, and every running task has its container.

import type { TaskId } from "../../model/ids.ts";
import { isPlaced } from "../../model/task/reason.ts";
import type { Checker } from "./checker.ts";
import { waitsRightly } from "./dependency-standing.ts";

export const containersHaveOwners: Checker = {
  name: "containers-have-owners",
  sentence: "After the repair every running container has its task, and every running task its container.",
  class: "liveness",
  hooks: ({ truth, workers }, fail) => ({
    quiescent() {
      const running = new Map<string, string>();
      for (const { name, engine, identity } of workers) {
        for (const { taskId, status, nodeId } of engine.all()) {
          if (status !== "running") continue;
          running.set(taskId, name);
          const task = truth.tasks.get(taskId as TaskId);
          if (!task || !isPlaced(task.status)) fail(`${name} runs ${taskId}, which is ${task?.status ?? "unknown"}`);
          else if (task.nodeId !== nodeId || identity?.nodeId !== nodeId)
            fail(`${name} runs ${taskId} of ${task.nodeId}`);
        }
      }
      for (const task of truth.tasks.values()) {
        const { taskId, status, reason } = task;
        // One whose data was lost with the disk of its node waits until a person restores it or gives it up.
        const lacksData = reason.code === "volume-missing";
        if (status === "running" && !running.has(taskId) && !lacksData && !waitsRightly(truth, task))
          fail(`${taskId} is recorded as running, and no container runs`);
      }
    },
  }),
};
