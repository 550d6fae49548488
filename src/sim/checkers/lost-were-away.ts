// A node is lost only when it was away: no stall, pause or busy moment is taken for a death.

import type { Checker } from "./checker.ts";

/** A disturbance may have its effect so long after it ended: leases, retries, damping. */
const effectMs = 40_000;

export const lostWereAway: Checker = {
  name: "lost-were-away",
  sentence: "A node is lost only after something was wrong with it, its network or its master.",
  class: "safety",
  look: ({ truth, world, disturbed, away }, wrong) => ({
    batch({ changes }) {
      for (const change of changes) {
        if (change.type !== "node.updated" || change.set.status !== "offline") continue;
        const { hostname } = truth.state.node(change.nodeId);
        const last = Math.max(disturbed.get("") ?? -Infinity, disturbed.get(hostname) ?? -Infinity);
        if (!away.has(hostname) && world.now - last > effectMs)
          wrong(`${hostname} was lost, and nothing had happened to it for ${Math.round((world.now - last) / 1000)} s`);
      }
    },
  }),
};
