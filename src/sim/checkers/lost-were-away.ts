// A node is lost only when it was away: no stall, pause, upgrade or engine in trouble is taken for a loss.

import { everybody } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** A disturbance may have its effect so long after it ended: leases, retries, damping. */
const effectMs = 15_000;

export const lostWereAway: Checker = {
  name: "lost-were-away",
  sentence: "A node is lost only after a fault of its worker, machine, network or master; its engine is no reason.",
  class: "safety",
  hooks: ({ disturbance, away }, fail) => ({
    batch({ nodes }) {
      for (const { before, after } of nodes) {
        if (after?.status !== "offline" || before?.status === "offline") continue;
        const { hostname } = after;
        const undisturbedMs = Math.min(disturbance.undisturbedMs(everybody), disturbance.reachableMs(hostname));
        if (!away.has(hostname) && undisturbedMs > effectMs)
          fail(
            `${hostname} was lost, and no fault had kept it from the master for ${Math.round(undisturbedMs / 1000)} s`,
          );
      }
    },
  }),
};
