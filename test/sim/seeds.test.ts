// A few dozen clusters from a seed each, some minutes of virtual time long; and that the same seed is the same run.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { patienceMs, runSeed, verdictOf } from "./swarm.ts";

setDefaultTimeout(patienceMs);

const hours = 0.03;
const seeds = Array.from({ length: 24 }, (_, index) => index + 1);

describe("no checker fails, and the cluster comes to rest", () => {
  test.each(seeds.map((seed) => [seed] as const))("seed %d", async (seed) => {
    const report = await runSeed(seed, hours);
    expect(verdictOf(report)).toBe("ok");
    // A run in which no client asked for anything would prove nothing.
    expect(report.tasks).toBeGreaterThan(0);
    expect(report.checks).toBeGreaterThan(100);
  });
});

describe("the same seed is the same run", () => {
  test.each([[101], [102], [103]])("seed %d, twice", async (seed) => {
    const { recoveriesMs, ...first } = await runSeed(seed, hours);
    const { recoveriesMs: again, ...second } = await runSeed(seed, hours);
    expect(second).toEqual(first);
    expect(again).toEqual(recoveriesMs);
  });

  test("different seeds differ", async () => {
    const all = new Set<string>();
    for (const seed of [101, 102, 103, 104]) all.add((await runSeed(seed, 0.005)).hash);
    expect(all.size).toBe(4);
  });
});
