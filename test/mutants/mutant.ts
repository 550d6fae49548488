// What a mutant is: one line of the source, changed as it might be changed by mistake.

export interface Mutant {
  name: string;
  /** What the bug would be. */
  sentence: string;
  file: string;
  /** Occurs exactly once in the file. */
  find: string;
  replace: string;
  /** Checkers that each find it without the others. Empty if unit tests find it. */
  caughtBy: readonly string[];
  /** Test files that find it, for mistakes that no simulated run can show. Left out: seeds find it. */
  tests?: readonly string[];
}
