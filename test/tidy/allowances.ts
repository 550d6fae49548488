// What the tidy checks still allow. Numbers may only fall and lines may only go: the checks fail when a count rises, and
// print a note when one fell, so that it can be lowered here.

/** Files of more than 400 lines, with the reason. */
export const LONG_FILES: Record<string, { lines: number; why: string }> = {};

/** Functions of more than 70 lines of code, with the reason. */
export const LONG_FUNCTIONS: Record<string, { lines: number; why: string }> = {
  "test/journal/journal.contract.ts snapshotContract": { lines: 89, why: "a suite: a list of tests" },
  "test/journal/replacement.contract.ts replacementContract": { lines: 110, why: "a suite: a list of tests" },
};

/** Groups of files that import each other in a circle. A circle may become smaller, not larger. */
export const CIRCLES: { files: string[]; why: string }[] = [
  { files: ["src/sim/world/exchange.ts", "src/sim/world/network.ts"], why: "an exchange travels over the network" },
  {
    files: [
      "src/sim/checkers/checker.ts",
      "src/sim/checkers/quiet-when-settled.ts",
      "src/sim/run/context.ts",
      "src/sim/workload/watch-client.ts",
    ],
    why: "the run's context holds the checkers, which read the context",
  },
  {
    files: ["test/journal/journal.contract.ts", "test/journal/replacement.contract.ts"],
    why: "one contract in two files",
  },
  {
    files: [
      "test/mutants/journal-mutants.ts",
      "test/mutants/master-mutants.ts",
      "test/mutants/mutants.ts",
      "test/mutants/worker-mutants.ts",
    ],
    why: "the type of a mutant lies beside the list of all",
  },
];

/** Banned words (test/tidy/words.ts) by folder. */
export const WORDS: Record<string, number> = {
  bench: 14,
  "bench/sections": 14,
  docs: 38,
  "docs/decisions": 2,
  scripts: 6,
  src: 1,
  "src/api": 21,
  "src/core": 109,
  "src/journal": 6,
  "src/lib": 6,
  "src/master": 177,
  "src/model": 25,
  "src/sim": 119,
  "src/worker": 7,
  test: 2,
  "test/hostile": 45,
  "test/journal": 18,
  "test/master": 87,
  "test/mutants": 6,
  "test/sim": 3,
  "test/soak": 33,
  "test/system": 88,
  "test/worker": 2,
  "tools/lab": 12,
};

/** Change types as literals outside of core and model, by folder. */
export const CHANGE_TYPES: Record<string, number> = {};
