// The containers of a task of several run in one network, that of its sandbox: one whose network is gone does not run on for long.

import { sandboxContainer } from "../../model/task/spec.ts";
import { everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker, Container } from "./checker.ts";
import { findMember, PodSpecs, runsInNetwork } from "./pod-specs.ts";

/** Beyond the grace: the pauses of the engine and of the sandbox. */
const marginMs = 20_000;

export const podsShareANetwork: Checker = {
  name: "pods-share-a-network",
  sentence: "The containers of a pod share one living network: one whose network is gone is stopped soon.",
  class: "liveness",
  hooks: ({ world, workers, disturbance, away, master }, fail) => {
    const specs = new PodSpecs();
    /** Containers that run without their network, and since when. */
    const lonely = new Map<string, number>();
    return {
      batch: (certain) => specs.batch(certain),
      end: (_, { containerId }) => void lonely.delete(containerId),
      periodic() {
        const undisturbedMs = Math.min(disturbance.undisturbedMs(everybody), disturbance.undisturbedMs(masterPauses));
        for (const { name, engine, worker, identity } of workers) {
          for (const { containerId, taskId, container, status, nodeId } of engine.all()) {
            if (status !== "running" || engine.containers.hasNetwork(containerId)) continue;
            const sinceMs = lonely.get(containerId) ?? world.now;
            lonely.set(containerId, sinceMs);
            if (!worker || !master.master || away.has(name) || nodeId !== identity?.nodeId) continue;
            const lateMs = Math.min(world.now - sinceMs, undisturbedMs, disturbance.undisturbedMs(name));
            // Sidecars are stopped after the others.
            const graceMs = (specs.of(taskId)?.stopGraceSeconds ?? 0) * 2000;
            if (lateMs > graceMs + marginMs)
              fail(`${container} of ${taskId} on ${name} runs without its network for ${Math.round(lateMs / 1000)} s`);
          }
        }
      },
      quiescent() {
        const isAlone = (one: Container) => one.status === "running" && one.joined !== undefined;
        for (const machine of workers) {
          for (const one of machine.engine.all().filter(isAlone)) {
            const sandbox = findMember(machine, one.taskId, sandboxContainer);
            if (!runsInNetwork(machine, one) || sandbox?.containerId !== one.joined)
              fail(`${one.container} of ${one.taskId} on ${machine.name} is not in the network of its task`);
          }
        }
      },
    };
  },
};
