// After the repair every service is what was wanted: one replica in each slot, of the wanted revision, and no rollout under way
// that nothing waits for.

import { wantedReplicas } from "../../model/service/service.ts";
import type { Checker } from "./checker.ts";
import { isLive, slotOf } from "./service-steps.ts";

export const servicesConverge: Checker = {
  name: "services-converge",
  sentence:
    "After the repair every slot has one replica of the wanted revision, unless the service waits for a person, who can see why.",
  class: "liveness",
  hooks: ({ truth }, fail) => ({
    quiescent() {
      for (const service of truth.state.tables.service.values()) {
        const { serviceId, name, rollout, paused, reason, target } = service;
        const waits = rollout !== null;
        if (waits && reason.code !== "paused" && reason.code !== "canary")
          fail(`${name} has a rollout to ${rollout.to}, paused: ${paused}, and says ${reason.code}`);
        const live = truth.ownedBy(serviceId).filter(isLive);
        const wanted = wantedReplicas(service);
        const slots = Map.groupBy(live, slotOf);
        if (wanted !== null && slots.size !== wanted) fail(`${name} has ${slots.size} slots of ${wanted}`);
        for (const [slot, tasks] of slots) {
          if (waits) continue;
          if (tasks.length !== 1) fail(`${name}.${slot} has ${tasks.length} replicas`);
          const [task] = tasks;
          if (task!.owner!.revision !== target)
            fail(`${name}.${slot} is of revision ${task!.owner!.revision}, and ${target} is wanted`);
        }
      }
    },
  }),
};
