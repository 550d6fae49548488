// Nothing is placed on a node that is lost, cordoned, drained or without an engine, and nothing runs where it may not.

import type { TaskId } from "../../model/ids.ts";
import { breachOf } from "../../model/node/policy.ts";
import { needsOf } from "../../model/task/needs.ts";
import { isPod } from "../../model/task/spec.ts";
import type { Checker } from "./checker.ts";

export const nodeOpen: Checker = {
  name: "node-open",
  sentence:
    "Nothing is placed on a node that is lost, cordoned, drained or without an engine, nor against a constraint. Nothing runs against a policy, or with options that its worker ignores.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    run({ name, old, policy }, taskId) {
      const task = truth.state.tasks.get(taskId as TaskId);
      const needs = task ? needsOf([...task.spec.init, ...task.spec.containers], isPod(task.spec)) : null;
      if (needs === null) return;
      if (old && needs.features.length > 0)
        fail(`${taskId} runs on ${name}, which ignores ${needs.features.join(", ")}`);
      const breach = breachOf(policy, needs);
      if (breach) fail(`${taskId} runs on ${name}, which ${breach.message}`);
    },
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
        if (node.draining !== null) fail(`${task.taskId} is placed on ${node.hostname}, which is being drained`);
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
