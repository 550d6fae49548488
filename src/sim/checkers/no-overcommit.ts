// No node is given more tasks, cores or memory than it has.

import type { Checker } from "./checker.ts";
import { cpuMillisOf, memoryOf } from "./free-capacity.ts";

export const noOvercommit: Checker = {
  name: "no-overcommit",
  sentence: "No node is given more tasks, cores or memory than it has.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch({ tasks: changed }) {
      const nodes = new Set<string>();
      for (const { before, after } of changed)
        if (after?.status === "scheduled" && before?.status !== "scheduled") nodes.add(after.nodeId!);
      for (const nodeId of nodes) {
        const node = truth.state.nodes.get(nodeId as never);
        if (!node) {
          fail(`tasks are placed on ${nodeId}, which is no node`);
          continue;
        }
        const tasks = truth.placedOn(node.nodeId);
        const cpu = cpuMillisOf(tasks) / 1000;
        const memory = memoryOf(tasks);
        if (tasks.length > node.capacity)
          fail(`${node.hostname} takes ${node.capacity} tasks, and has ${tasks.length}`);
        if (node.cpu > 0 && cpu > node.cpu) fail(`${node.hostname} has ${node.cpu} cores, and gave ${cpu}`);
        if (node.memory > 0 && memory > node.memory)
          fail(`${node.hostname} has ${node.memory} bytes, and gave ${memory}`);
      }
    },
  }),
};
