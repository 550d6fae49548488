// A worker whose heartbeats are answered reads a stream of assignments that the master has: otherwise it gets no work.

import { everybody, masterPauses } from "../faults/disturbance.ts";
import type { Checker } from "./checker.ts";

/** A heartbeat, its answer, and a stream that is opened again. */
const patienceMs = 10_000;

export const streamsAreRead: Checker = {
  name: "streams-are-read",
  sentence: "A worker whose heartbeats are answered reads, within seconds, a stream that the master has.",
  class: "liveness",
  hooks: ({ world, workers, network, disturbance, away, master }, fail) => {
    /** Since when a worker reads no stream of the master. */
    const without = new Map<string, number>();
    return {
      periodic() {
        const undisturbedMs = Math.min(disturbance.undisturbedMs(everybody), disturbance.undisturbedMs(masterPauses));
        const server = master.master && master.process;
        if (!server || undisturbedMs < patienceMs) {
          without.clear();
          return;
        }
        const readers = network.readersOf(server, "/assignments");
        for (const { name, worker, old } of workers) {
          // A worker of 0.1.0 does not learn that the master has no stream of it.
          const reads = readers.has(name) || !worker?.masterUp || old;
          if (reads || away.has(name) || disturbance.undisturbedMs(name) < patienceMs) {
            without.delete(name);
            continue;
          }
          const sinceMs = without.get(name) ?? world.now;
          without.set(name, sinceMs);
          if (world.now - sinceMs >= patienceMs)
            fail(`${name} reads no stream of the master for ${Math.round((world.now - sinceMs) / 1000)} s`);
        }
      },
    };
  },
};
