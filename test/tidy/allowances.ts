// What the tidy checks still allow. Numbers may only fall and lines may only go: the checks fail when a count rises, and
// print a note when one fell, so that it can be lowered here.

/** Files of more than 400 lines, with the reason. */
export const LONG_FILES: Record<string, { lines: number; why: string }> = {};

/** Functions of more than 70 lines of code, with the reason. */
export const LONG_FUNCTIONS: Record<string, { lines: number; why: string }> = {};

/** Groups of files that import each other in a circle. A circle may become smaller, not larger. */
export const CIRCLES: { files: string[]; why: string }[] = [];

/** Banned words (test/tidy/words.ts) by folder: all of them the public field `unheard`, which clients of 0.1.0 read. */
export const WORDS: Record<string, number> = {
  docs: 1,
  "docs/decisions": 1,
  "src/model": 10,
  "test/journal": 2,
  "test/master": 3,
  "test/worker": 1,
};

/** Change types as literals outside of core and model, by folder. */
export const CHANGE_TYPES: Record<string, number> = {};
