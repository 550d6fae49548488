// A task that still waits in a cluster at rest fits nowhere: tasks that ended have given back all that they held.

import type { Checker } from "./checker.ts";
import { waitsRightly } from "./dependency-standing.ts";
import { couldTake } from "./free-capacity.ts";
import { couldHaveVolumes } from "./volume-mounts.ts";

export const waitingHasCause: Checker = {
  name: "waiting-has-cause",
  sentence:
    "In a cluster at rest a task waits only if no node has free capacity for it, or what it depends on is not there.",
  class: "liveness",
  hooks: ({ truth }, fail) => ({
    quiescent() {
      for (const task of truth.tasks.values()) {
        if (task.status !== "pending" || waitsRightly(truth, task)) continue;
        for (const node of truth.state.nodes.values()) {
          if (couldTake(node, truth.placedOn(node.nodeId), task) && couldHaveVolumes(truth, node, task))
            fail(`${task.taskId} waits (${task.reason.message}), and ${node.hostname} has free capacity for it`);
        }
      }
    },
  }),
};
