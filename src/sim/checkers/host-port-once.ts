// No port of a node is given to two tasks at once.

import type { Checker } from "./checker.ts";

export const hostPortOnce: Checker = {
  name: "host-port-once",
  sentence: "No port of a node is given to two tasks at once.",
  class: "safety",
  look: ({ truth }, wrong) => ({
    batch({ changes }) {
      for (const change of changes) {
        if (change.type !== "task.updated" || change.set.status !== "scheduled") continue;
        const task = truth.state.tasks.get(change.taskId);
        if (!task?.ports.some(({ hostPort }) => hostPort !== null)) continue;
        const taken = new Map<string, string>();
        for (const { taskId, ports } of truth.placedOn(task.nodeId!)) {
          for (const { hostPort, hostIp, protocol } of ports) {
            if (hostPort === null) continue;
            const port = `${hostIp}:${hostPort}/${protocol}`;
            const other = taken.get(port);
            if (other !== undefined) wrong(`${port} of ${task.nodeId} is given to ${other} and to ${taskId}`);
            taken.set(port, taskId);
          }
        }
      }
    },
  }),
};
