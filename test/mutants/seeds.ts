// Runs seeds of the simulation one after the other in a process of its own, and says of each how it ended, as a line of
// JSON. It ends at the first failure. It runs in a copy of the source that a mutation was made in.
//
//   bun test/mutants/seeds.ts FROM TO HOURS [CHECKER ...]

import { writeSync } from "node:fs";
import { faultGroups } from "../../src/sim/faults/fault-kinds.ts";
import { drawPlan, type Plan } from "../../src/sim/faults/plan.ts";
import { simulate } from "../../src/sim/run/simulate.ts";

export interface SeedResult {
  seed: number;
  /** Null: nothing was wrong. */
  failure: { class: string; checker: string; message: string; atMs: number } | null;
}

/** What no plan draws, because it would change the runs of all seeds: a run for one of these checkers has it. */
export const undrawn: Readonly<Record<string, Partial<Plan>>> = {
  "addresses-once": { services: true, networks: true },
  "apps-are-whole": { services: true, configs: true, volumes: true, apps: true },
};

async function runSeeds(from: number, to: number, hours: number, only: readonly string[]): Promise<void> {
  for (let seed = from; seed <= to; seed++) {
    const drawn = drawPlan({ seed, hours, groups: faultGroups });
    const plan = { ...drawn, ...Object.assign({}, ...only.map((checker) => undrawn[checker])) };
    const { failure } = await simulate({ plan, only: only.length === 0 ? undefined : only });
    const result: SeedResult = { seed, failure };
    writeSync(1, `${JSON.stringify(result)}\n`);
    // Asked for one checker, a world that broke in another way says nothing of it.
    if (failure && (only.length === 0 || only.includes(failure.checker))) return;
  }
}

if (import.meta.main) {
  const [from, to, hours, ...only] = process.argv.slice(2);
  await runSeeds(Number(from), Number(to), Number(hours), only);
  process.exit(0); // what a broken world has left open must not keep it
}
