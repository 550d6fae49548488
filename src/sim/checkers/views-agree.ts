// After the repair a worker has exactly the assignments that the master has placed on its node.

import type { Checker } from "./checker.ts";

export const viewsAgree: Checker = {
  name: "views-agree",
  sentence: "After the repair a worker has exactly the assignments that the master has placed on its node.",
  class: "liveness",
  hooks: ({ truth, workers }, fail) => ({
    quiescent() {
      for (const { name, worker, identity } of workers) {
        if (!worker || !identity) {
          fail(`${name} has no worker after the repair`);
          continue;
        }
        const placed = truth.state.placedOn(identity.nodeId as never);
        const held = worker.holdings().filter(({ assignment }) => assignment !== null);
        for (const { taskId, assignment } of held) {
          if (!placed.has(taskId)) fail(`${name} wants ${taskId}, which is not placed on it`);
          else if (assignment!.desired !== truth.tasks.get(taskId)!.desired)
            fail(
              `${name} wants ${taskId} ${assignment!.desired}, the master wants it ${truth.tasks.get(taskId)!.desired}`,
            );
        }
        const wanted = new Set(held.map(({ taskId }) => taskId));
        for (const taskId of placed) if (!wanted.has(taskId)) fail(`${name} has no assignment of ${taskId}`);
      }
    },
  }),
};
