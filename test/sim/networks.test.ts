// Runs with services in networks of the cluster. They are no part of drawn plans, so that the runs of all seeds stay the same.

import { expect, test } from "bun:test";
import { faultGroups } from "../../src/sim/faults/fault-kinds.ts";
import { drawPlan } from "../../src/sim/faults/plan.ts";
import { simulate } from "../../src/sim/run/simulate.ts";

test.each([11, 12, 13])(
  "services with virtual addresses hold every sentence (seed %d)",
  async (seed) => {
    const drawn = drawPlan({ seed, hours: 0.03, groups: faultGroups });
    const { failure } = await simulate({ plan: { ...drawn, services: true, networks: true } });
    expect(failure).toBeNull();
  },
  60_000,
);
