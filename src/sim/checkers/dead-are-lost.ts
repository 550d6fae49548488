// A node that is gone is declared lost within seconds, while the master itself is undisturbed.

import { clocks, everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** A lease, with a margin. */
const noticedMs = 12_000;
/** After a disturbance of its own the master gives every node a whole lease first. */
const undisturbedMs = 45_000;

export const deadAreLost: Checker = {
  name: "dead-are-lost",
  sentence: "A node that is gone is lost within seconds, while the master and most other nodes are undisturbed.",
  class: "liveness",
  hooks: ({ truth, world, workers, disturbance, away, master }, fail) => ({
    periodic() {
      const undisturbed = Math.min(...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)));
      if (!master.master || undisturbed < undisturbedMs) return;
      if (away.size * 2 >= workers.length) return; // most of them: mass-loss protection is active
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
