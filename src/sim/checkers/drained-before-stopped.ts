// A replica that serves is drained for the time of its policy before its service stops it.

import { isPod } from "../../model/task/spec.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";
import { serves } from "./service-steps.ts";

export const drainedBeforeStopped: Checker = {
  name: "drained-before-stopped",
  sentence: "A replica that serves is drained before its service stops it, and no worker stops it before that.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    /** When each began to be drained (the master's clock, in ms), and for how long it is to be. */
    const draining = new Map<string, { atMs: number; drainMs: number }>();
    return {
      batch(certain) {
        const { at, commands } = certain.batch;
        const asked = new Set(commands.flatMap(({ targets = [] }) => targets));
        for (const { before, after } of changesOf(certain, "task")) {
          if (before?.owner?.kind !== "service" || before.desired === after?.desired) continue;
          const { taskId, owner, name } = before;
          const service = truth.state.tables.service.get(owner.id as never);
          const since = draining.get(taskId);
          draining.delete(taskId);
          // A service that is removed takes its replicas with it at once.
          if (!service || after === null || asked.has(taskId)) continue;
          if (after.desired === "draining") {
            draining.set(taskId, { atMs: at, drainMs: service.policy.drainMs });
          } else if (before.desired === "running" && serves(before) && service.policy.drainMs > 0) {
            fail(`${name} (${taskId}) served, and is stopped without being drained`);
            // After the master's clock was set back nothing tells how long it was drained.
          } else if (since && at >= since.atMs && at - since.atMs < since.drainMs) {
            fail(
              `${name} (${taskId}) is stopped after ${at - since.atMs} ms, and was to be drained for ${since.drainMs}`,
            );
          }
        }
      },
      stop({ name, identity, engine }, taskId) {
        const task = truth.state.tasks.get(taskId as never);
        if (task?.desired !== "draining" || task.placement?.nodeId !== identity?.nodeId) return;
        const [container] = task.observed.containers;
        const restarts = task.requests?.restarts ?? 0;
        if (restarts > (container?.requestedRestarts ?? 0)) return; // a user asked for it
        // One of several has ended, and so has the task; or the network is gone, and all of them join another one.
        const here = engine.all().filter((one) => one.taskId === taskId);
        const isWhole = here.every(
          ({ status, containerId }) => status === "running" && engine.containers.hasNetwork(containerId),
        );
        if (isPod(task.spec) && !isWhole) return;
        // A worker that does not know of the drain yet may have found it unhealthy.
        const { containers } = task.spec;
        if (containers.some(({ livenessProbe, startupProbe, health }) => livenessProbe ?? startupProbe ?? health))
          return;
        if (task.observed.status === "running") fail(`${name} stops ${taskId}, which is still drained`);
      },
    };
  },
};
