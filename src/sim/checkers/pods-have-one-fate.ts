// The containers of a task of several end together: when it is reported to have ended, none of them runs, and while it runs, each
// of them does, unless it has done its work.

import type { TaskId } from "../../model/ids.ts";
import { isFinished } from "../../model/task/reason.ts";
import { isPod, sandboxContainer } from "../../model/task/spec.ts";
import type { Checker } from "./checker.ts";
import { findMember } from "./pod-specs.ts";

export const podsHaveOneFate: Checker = {
  name: "pods-have-one-fate",
  sentence: "When a pod ends, no container of it goes on; while it runs, each runs that has not done its work.",
  class: "safety",
  hooks: ({ truth, workers }, fail) => {
    /** Tasks of several that their workers have said to have ended. */
    const ended = new Set<string>();
    const runs = (machine: (typeof workers)[number], taskId: string) =>
      machine.engine.all().filter((one) => one.taskId === taskId && one.status === "running");
    return {
      batch({ batch, tasks }) {
        const reported = new Set<string>();
        for (const { type, targets = [] } of batch.commands)
          if (type === "reportTask") for (const id of targets) reported.add(id);
        for (const { id, before, after } of tasks) {
          if (!after?.containers || !isFinished(after.status) || before?.status === after.status) continue;
          // A node that is lost may run it on until it is back.
          if (!reported.has(id) || after.reason.code.startsWith("node-")) continue;
          ended.add(id);
          for (const machine of workers) {
            const [one] = machine.identity?.nodeId === after.nodeId ? runs(machine, id) : [];
            if (one)
              fail(`${id} is ${after.status} (${after.reason.message}), and ${one.container} runs on ${machine.name}`);
          }
        }
      },
      run(machine, taskId, { container }) {
        if (ended.has(taskId)) fail(`${taskId} has ended, and ${container} is started on ${machine.name}`);
      },
      quiescent() {
        for (const machine of workers) {
          for (const taskId of truth.state.placedOn(machine.identity?.nodeId as never)) {
            const task = truth.state.task(taskId as TaskId);
            if (!isPod(task.spec) || task.observed.status !== "running") continue;
            for (const name of [sandboxContainer, ...task.spec.containers.map((one) => one.name)]) {
              const member = findMember(machine, taskId, name);
              const { status, reason } = task.observed.containers.find((one) => one.name === name) ?? {};
              // One whose data was lost with the disk waits until a person restores it or gives it up.
              const isOver = status === "completed" || reason?.code === "volume-missing";
              if (member?.status !== "running" && !isOver)
                fail(`${taskId} runs on ${machine.name}, and its container ${name} does not`);
            }
          }
        }
      },
    };
  },
};
