// A node is lost only when it was away: no stall, pause or busy moment is taken for a death.

import { everybody } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** A disturbance may have its effect so long after it ended: leases, retries, damping. */
const effectMs = 15_000;

export const lostWereAway: Checker = {
  name: "lost-were-away",
  sentence: "A node is lost only after something was wrong with it, its network or its master.",
  class: "safety",
  hooks: ({ disturbance, away }, fail) => ({
    batch({ nodes }) {
      for (const { before, after } of nodes) {
        if (after?.status !== "offline" || before?.status === "offline") continue;
        const { hostname } = after;
        const calmMs = Math.min(disturbance.calmMs(everybody), disturbance.calmMs(hostname));
        if (!away.has(hostname) && calmMs > effectMs)
          fail(`${hostname} was lost, and nothing had happened to it for ${Math.round(calmMs / 1000)} s`);
      }
    },
  }),
};
