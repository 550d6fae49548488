// No port of a node is given to two tasks at once.

import type { Checker } from "./checker.ts";
import { collide } from "./free-capacity.ts";

export const hostPortOnce: Checker = {
  name: "host-port-once",
  sentence: "No port of a node is given to two tasks at once.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch({ tasks }) {
      for (const { id, before, after } of tasks) {
        if (after?.status !== "scheduled" || before?.status === "scheduled") continue;
        const task = truth.tasks.get(id);
        if (!task?.ports.some(({ hostPort }) => hostPort !== null)) continue;
        for (const other of truth.placedOn(task.nodeId!)) {
          if (other.taskId === task.taskId) continue;
          const port = task.ports.find((wanted) => other.ports.some((taken) => collide(taken, wanted)));
          if (port)
            fail(`${port.hostIp}:${port.hostPort} of ${task.nodeId} is given to ${other.taskId} and to ${task.taskId}`);
        }
      }
    },
  }),
};
