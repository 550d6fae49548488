// Nothing is placed on a node that is lost, cordoned or without an engine.

import type { Checker } from "./checker.ts";

export const nodeOpen: Checker = {
  name: "node-open",
  sentence: "Nothing is placed on a node that is lost, cordoned or without an engine, nor against a constraint.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch({ tasks, nodes }) {
      for (const { id, before, after } of tasks) {
        if (after?.status !== "scheduled" || before?.status === "scheduled") continue;
        const node = truth.state.nodes.get(after.nodeId!);
        const task = truth.tasks.get(id);
        // Both may have changed again in the same batch; then the batch tells, and other checkers look.
        if (!node || task?.status !== "scheduled") continue;
        if (nodes.some((one) => one.id === node.nodeId)) continue;
        if (node.status !== "online") fail(`${task.taskId} is placed on ${node.hostname}, which is ${node.status}`);
        if (!node.schedulable) fail(`${task.taskId} is placed on ${node.hostname}, which is cordoned`);
        if (node.engineError !== null) fail(`${task.taskId} is placed on ${node.hostname}, whose engine is away`);
        for (const constraint of task.constraints) {
          if (
            constraint.type === "label" &&
            constraint.operator === "equals" &&
            node.labels[constraint.key] !== constraint.value
          )
            fail(`${task.taskId} wants ${constraint.key}=${constraint.value}, and is placed on ${node.hostname}`);
        }
      }
    },
  }),
};
