// Nothing is placed on a node that is lost, cordoned or without an engine.

import type { Checker } from "./checker.ts";

export const nodeOpen: Checker = {
  name: "node-open",
  sentence: "Nothing is placed on a node that is lost, cordoned or without an engine, nor against a constraint.",
  class: "safety",
  look: ({ truth }, wrong) => ({
    batch({ changes }) {
      for (const change of changes) {
        if (change.type !== "task.updated" || change.set.status !== "scheduled") continue;
        const node = truth.state.nodes.get(change.set.nodeId!);
        const task = truth.state.tasks.get(change.taskId);
        // Both may have changed again in the same batch; then the batch tells, and other checkers look.
        if (!node || task?.status !== "scheduled") continue;
        const changed = changes.some((one) => one.type === "node.updated" && one.nodeId === node.nodeId);
        if (changed) continue;
        if (node.status !== "online") wrong(`${task.taskId} is placed on ${node.hostname}, which is ${node.status}`);
        if (!node.schedulable) wrong(`${task.taskId} is placed on ${node.hostname}, which is cordoned`);
        if (node.engineError !== null) wrong(`${task.taskId} is placed on ${node.hostname}, whose engine is away`);
        for (const constraint of task.constraints) {
          if (
            constraint.type === "label" &&
            constraint.operator === "equals" &&
            node.labels[constraint.key] !== constraint.value
          )
            wrong(`${task.taskId} wants ${constraint.key}=${constraint.value}, and is placed on ${node.hostname}`);
        }
      }
    },
  }),
};
