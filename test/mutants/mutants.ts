// The mistakes that the simulation must catch: each is one line of the code, changed as somebody might change it. Plain
// data; run.ts tries them, and mutants.test.ts sees to it that each still fits the code.

import { journalMutants } from "./journal-mutants.ts";
import { masterMutants } from "./master-mutants.ts";
import { workerMutants } from "./worker-mutants.ts";

export interface Mutant {
  name: string;
  /** What the bug would be. */
  sentence: string;
  file: string;
  /** Occurs exactly once in the file. */
  find: string;
  replace: string;
  /** Checkers that each find it by themselves. */
  caughtBy: readonly string[];
}

export const mutants: readonly Mutant[] = [...journalMutants, ...masterMutants, ...workerMutants];
