// Runs with apps. They are no part of drawn plans, so that the runs of all seeds stay the same.

import { expect, test } from "bun:test";
import { faultGroups } from "../../src/sim/faults/fault-kinds.ts";
import { drawPlan } from "../../src/sim/faults/plan.ts";
import { simulate } from "../../src/sim/run/simulate.ts";

test.each([21, 22, 23])(
  "apps are applied as a whole or not at all (seed %d)",
  async (seed) => {
    const drawn = drawPlan({ seed, hours: 0.03, groups: faultGroups });
    const { failure } = await simulate({
      plan: { ...drawn, services: true, configs: true, volumes: true, apps: true },
    });
    expect(failure).toBeNull();
  },
  60_000,
);
