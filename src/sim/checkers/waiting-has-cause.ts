// Who waits in a settled cluster fits nowhere: what ended has given back all that it held.

import type { Checker } from "./checker.ts";
import { couldTake } from "./room.ts";

export const waitingHasCause: Checker = {
  name: "waiting-has-cause",
  sentence: "In a settled cluster a task waits only where no node has room for it.",
  class: "liveness",
  hooks: ({ truth }, fail) => ({
    quiescent() {
      for (const task of truth.tasks.values()) {
        if (task.status !== "pending") continue;
        for (const node of truth.state.nodes.values()) {
          if (couldTake(node, truth.placedOn(node.nodeId), task))
            fail(`${task.taskId} waits (${task.reason.message}), and ${node.hostname} has room for it`);
        }
      }
    },
  }),
};
