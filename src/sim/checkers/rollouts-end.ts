// A rollout ends: done, rolled back, paused, or given up, by its deadline and the time for which it then watches its replicas.

import { fromTimestamp } from "../../lib/clock.ts";
import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** For the master's timer and the disk. */
const marginMs = 2000;
/** After a disturbance the master may need so long to start and to write. */
const undisturbedMs = 15_000;

export const rolloutsEnd: Checker = {
  name: "rollouts-end",
  sentence:
    "A rollout ends by its deadline and the time for which it watches its replicas, unless it is paused or its canaries wait.",
  class: "liveness",
  hooks: ({ truth, master, disturbance }, fail) => ({
    periodic() {
      const { service: services } = truth.state.tables;
      if (services.size === 0 || !master.master) return;
      const wellMs = Math.min(...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)));
      if (wellMs < undisturbedMs) return;
      for (const { name, rollout, paused, reason, policy } of services.values()) {
        if (rollout === null || paused || reason.code === "canary") continue;
        const lateMs = master.host.wallMs() - fromTimestamp(rollout.deadlineAt) - policy.monitorMs;
        if (lateMs > marginMs)
          fail(`the rollout of ${name} to revision ${rollout.to} goes on ${Math.round(lateMs)} ms after its deadline`);
      }
    },
  }),
};
