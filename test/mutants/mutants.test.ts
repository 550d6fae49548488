// Keeps the mutants in step with the code: each fits exactly once, and each checker is named by at least one. Whether they
// are caught, `make test-mutants` shows.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkers } from "../../src/sim/checkers/index.ts";
import { mutants } from "./mutants.ts";
import { builtIn } from "./run.ts";
import { mutated } from "./workshop.ts";

const root = join(import.meta.dir, "../..");

test("each mutant fits the code exactly once, and changes it", () => {
  for (const mutant of mutants) expect(mutated(mutant)).not.toBe("");
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.filter(({ find, replace }) => find === replace)).toEqual([]);
});

test("each checker is named by a mutant, and each name is that of a checker", () => {
  const known = [...checkers.map(({ name }) => name), ...builtIn];
  const named = new Set(mutants.flatMap(({ caughtBy }) => caughtBy));
  expect(known.filter((name) => !named.has(name))).toEqual([]);
  expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  expect(mutants.filter(({ caughtBy, tests }) => caughtBy.length === 0 && !tests?.length)).toEqual([]);
  expect(mutants.flatMap(({ tests = [] }) => tests).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
