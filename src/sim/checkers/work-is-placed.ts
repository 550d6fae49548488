// No protection (suspicion, mass-loss hold, damping, back-off) keeps a task waiting for long while a node that is well has
// free capacity for it.

import type { TaskId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { TaskView } from "../../model/task/view.ts";
import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";
import { waitsRightly } from "./dependency-standing.ts";
import { couldTake } from "./free-capacity.ts";
import { hasHold } from "./preempted-for-higher.ts";
import { couldHaveVolumes } from "./volume-mounts.ts";

/** A grace, a lease or a retry may pass first. */
const patienceMs = 12_000;

export const workIsPlaced: Checker = {
  name: "work-is-placed",
  sentence: "A task waits only for seconds while a node that is online, reachable and schedulable has capacity for it.",
  class: "liveness",
  hooks: ({ truth, world, workers, disturbance, away, master }, fail) => {
    /** Tasks for which a node had free capacity at every check, and since when. */
    const waiting = new Map<TaskId, number>();
    const isWell = ({ hostname }: NodeRecord): boolean => {
      const machine = workers.find(({ name }) => name === hostname);
      return machine?.worker != null && !away.has(hostname) && disturbance.undisturbedMs(hostname) > patienceMs;
    };
    const fits = (task: TaskView): NodeRecord | undefined =>
      [...truth.state.nodes.values()].find(
        (node) =>
          isWell(node) &&
          !hasHold(truth, node) &&
          couldTake(node, truth.placedOn(node.nodeId), task) &&
          couldHaveVolumes(truth, node, task),
      );
    return {
      periodic() {
        const undisturbedMs = Math.min(
          ...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)),
        );
        const pending: TaskView[] = [];
        for (const task of truth.tasks.values())
          if (
            task.status === "pending" &&
            task.desired === "running" &&
            task.reason.code !== "preempting" &&
            !waitsRightly(truth, task)
          )
            pending.push(task);
        if (pending.length === 0 && waiting.size === 0) return;
        const still = new Set(pending.map(({ taskId }) => taskId));
        for (const taskId of waiting.keys()) if (!still.has(taskId)) waiting.delete(taskId);
        for (const task of pending) {
          const node = master.master && undisturbedMs > patienceMs ? fits(task) : undefined;
          if (!node) {
            waiting.delete(task.taskId);
            continue;
          }
          const sinceMs = waiting.get(task.taskId) ?? world.now;
          waiting.set(task.taskId, sinceMs);
          if (world.now - sinceMs > patienceMs) {
            const seconds = Math.round((world.now - sinceMs) / 1000);
            fail(
              `${task.taskId} waits for ${seconds} s (${task.reason.message}), and ${node.hostname} has free capacity for it`,
            );
          }
        }
      },
    };
  },
};
