// A client waits for a task, and its time is up while the disk still writes the change of that task.

import { planOf, type Scenario } from "./scenario.ts";

export const waitingShowsWhatIsDurable: Scenario = {
  name: "waiting-shows-what-is-durable",
  sentence: "GET ?wait= that times out while an append is under way shows what a crash would leave, and no more.",
  foundBy: "podling sim --seed 15 --hours 0.05",
  seeds: [1, 2, 3, 4],
  plan: planOf([{ kind: "disk-slow", at: 10, for: 75, strength: 0.5 }], {
    ...{ nodes: 2, clients: 10, pauseMs: 200, syncMs: 20, durationMs: 90_000 },
  }),
};
