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
  hooks: ({ truth, world, workers, disturbance, away, master }, fail) => {
    /** Since when most nodes have been there. Null while most are away: mass-loss protection is active then. */
    let mostThereSince: number | null = 0;
    return {
      periodic() {
        if (away.size * 2 >= workers.length) mostThereSince = null;
        else mostThereSince ??= world.now;
        const undisturbed = Math.min(
          ...[everybody, masterPauses, clocks].map((name) => disturbance.undisturbedMs(name)),
        );
        if (mostThereSince === null || !master.master || undisturbed < undisturbedMs) return;
        for (const [hostname, sinceMs] of away) {
          if (world.now - Math.max(sinceMs, mostThereSince) < noticedMs) continue;
          for (const node of truth.state.nodes.values()) {
            if (node.hostname !== hostname || node.status === "offline") continue;
            fail(`${hostname} is away for ${Math.round((world.now - sinceMs) / 1000)} s, and counts as ${node.status}`);
          }
        }
      },
    };
  },
};
