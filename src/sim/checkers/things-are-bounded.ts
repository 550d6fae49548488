// Containers, runners, streams and waiting commands stay within their limits.

import type { Checker } from "./checker.ts";

export const thingsAreBounded: Checker = {
  name: "things-are-bounded",
  sentence: "Containers, runners, streams and waiting commands stay within their limits.",
  class: "liveness",
  hooks: ({ truth, workers, network, ask }, fail) => ({
    async quiescent() {
      for (const { name, engine, worker, identity, endedContainers } of workers) {
        const mine = engine.all().filter(({ nodeId }) => nodeId === identity?.nodeId);
        const isPlacedHere = (taskId: string) => truth.state.placedOn(identity?.nodeId as never).has(taskId as never);
        // Of a task that runs on, a container that has done its work is kept.
        const idle = new Set(
          mine.flatMap((one) => (one.status === "running" || isPlacedHere(one.taskId) ? [] : [one.taskId])),
        );
        if (idle.size > endedContainers) fail(`${name} keeps the ended containers of ${idle.size} tasks`);
        const holdings = worker?.holdings().length ?? 0;
        if (holdings > mine.length + truth.state.placedOn(identity?.nodeId as never).size)
          fail(`${name} has ${holdings} runners for ${mine.length} containers`);
      }
      const metrics = await ask<string>("/metrics");
      const read = (metric: string) => Number(new RegExp(`^${metric} (\\d+)$`, "m").exec(metrics)?.[1]);
      const open = network.openStreams + network.halfOpenStreams;
      const streams = read("podling_streams");
      if (streams > open) fail(`the master holds ${streams} streams, and ${open} are read`);
      if (read("podling_inbox_commands") > 0) fail(`${read("podling_inbox_commands")} commands wait`);
    },
  }),
};
