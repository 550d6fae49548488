// A container that is no longer wanted stops within its grace and a few seconds, unless its machine is disturbed.

import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isFinished } from "../../model/task/reason.ts";
import { everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** Beyond the grace: a heartbeat, a stream that is opened again, the engine. */
const marginMs = 15_000;
/** A worker of 0.1.0 does not learn that the master has no stream of it: it waits until its stream was silent for so long. */
const oldReleaseMs = limits.streamKeepAliveMs * 2.5;

export const unwantedGoSoon: Checker = {
  name: "unwanted-go-soon",
  sentence:
    "A container that is not wanted any more stops within its grace and some seconds, while its machine and the master are well.",
  class: "liveness",
  hooks: ({ truth, world, workers, disturbance, away, master }, fail) => {
    /** Since when it should not run, and how long it may take to stop. */
    const unwanted = new Map<TaskId, { sinceMs: number; graceMs: number }>();
    const graces = new Map<TaskId, number>();
    const end = (taskId: TaskId) => {
      if (!unwanted.has(taskId))
        unwanted.set(taskId, { sinceMs: world.now, graceMs: (graces.get(taskId) ?? 0) * 1000 });
    };
    return {
      batch({ tasks }) {
        for (const { id, before, after } of tasks) {
          // Sidecars are stopped after the other containers.
          if (before === null && after !== null) graces.set(id, after.stopGraceSeconds * (after.containers ? 2 : 1));
          if (after === null || after.desired === "stopped" || isFinished(after.status)) end(id);
        }
      },
      periodic() {
        if (!master.master) return;
        const undisturbedMs = Math.min(disturbance.undisturbedMs(everybody), disturbance.undisturbedMs(masterPauses));
        for (const { name, engine, identity, worker, old } of workers) {
          if (!worker || away.has(name)) continue;
          for (const { taskId, status, nodeId } of engine.all()) {
            if (status !== "running") continue;
            const since = unwanted.get(taskId as TaskId);
            if (!since || nodeId !== identity?.nodeId) continue;
            const patienceMs = since.graceMs + marginMs + (old ? oldReleaseMs : 0);
            const lateMs = Math.min(world.now - since.sinceMs, undisturbedMs, disturbance.undisturbedMs(name));
            const task = truth.tasks.get(taskId as TaskId);
            if (lateMs > patienceMs)
              fail(
                `${name} still runs ${taskId}, which is ${task?.status ?? "removed"}, after ${Math.round(lateMs / 1000)} s without a disturbance`,
              );
          }
        }
      },
    };
  },
};
