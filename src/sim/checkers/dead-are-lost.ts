// A node that is gone is noticed, and what it held is given up, while the master itself is well.

import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** A lease with a margin. */
const noticedMs = 12_000;
/** After something was wrong with the master it listens for a while first. */
const calmMs = 45_000;

export const deadAreLost: Checker = {
  name: "dead-are-lost",
  sentence: "A node that is gone is noticed within seconds, while the master and most of the others are well.",
  class: "liveness",
  hooks: ({ truth, world, workers, disturbance, away, master }, fail) => ({
    periodic() {
      const calm = Math.min(...[everybody, masterPauses, clocks].map((name) => disturbance.calmMs(name)));
      if (!master.master || calm < calmMs) return;
      if (away.size * 2 >= workers.length) return; // most of them: then it is the master's own network that it doubts
      for (const [hostname, sinceMs] of away) {
        if (world.now - sinceMs < noticedMs) continue;
        for (const node of truth.state.nodes.values()) {
          if (node.hostname !== hostname || node.status === "offline") continue;
          fail(`${hostname} is away for ${Math.round((world.now - sinceMs) / 1000)} s, and counts as ${node.status}`);
        }
      }
    },
  }),
};
