// Bugs that seeds found do not return: each scenario runs with several seeds, all of its faults happen, and no checker
// fails.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { simulate } from "../../src/sim/run/simulate.ts";
import { scenarios } from "../../src/sim/scenarios/index.ts";
import { patienceMs } from "./swarm.ts";

setDefaultTimeout(patienceMs);

for (const { name, sentence, seeds, plan } of scenarios) {
  describe(name, () => {
    test.each(seeds.map((seed) => [seed] as const))(`${sentence} (world %d)`, async (seed) => {
      const { failure, faults } = await simulate({ plan: { ...plan, seed } });
      expect(failure).toBeNull();
      const kinds = new Set<string>(plan.faults.map(({ kind }) => kind));
      expect(new Set(Object.keys(faults))).toEqual(kinds);
    });
  });
}

test("each has a file of its own name, and a row in docs/TESTING.md", () => {
  const root = join(import.meta.dir, "../..");
  const files = [...new Bun.Glob("*.ts").scanSync(join(root, "src/sim/scenarios"))];
  const expected = scenarios.map(({ name }) => `${name}.ts`);
  expect(files.filter((file) => file !== "index.ts" && file !== "scenario.ts").sort()).toEqual([...expected].sort());
  const text = readFileSync(join(root, "docs/TESTING.md"), "utf8");
  expect(scenarios.filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
});
