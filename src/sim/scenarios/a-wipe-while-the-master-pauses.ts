// A machine is wiped while the master is paused: when the master goes on, it learns that the node is gone for good.

import { planOf, type Scenario } from "./scenario.ts";

export const aWipeWhileTheMasterPauses: Scenario = {
  name: "a-wipe-while-the-master-pauses",
  sentence:
    "A node that was wiped during a pause of the master is lost after the pause, however long ago the wipe ended.",
  foundBy: "podling sim --seed 900 --nodes 6 --hours 0.05",
  seeds: [1, 2, 3],
  plan: planOf([
    { kind: "master-pause", at: 20, for: 40 },
    { kind: "node-wiped", at: 25, for: 2 },
  ]),
};
