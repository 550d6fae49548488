// Mistakes in where tasks with named volumes run. Plain data.

import type { Mutant } from "./mutant.ts";

const book = "src/core/schedule/index/volume-book.ts";

export const volumeMutants: readonly Mutant[] = [
  {
    name: "data-left-behind",
    sentence: "A task starts on any node, wherever the data of its volumes is.",
    file: book,
    find: "if (nodeId === null || nodeId === place) continue;",
    replace: "if (nodeId !== undefined || nodeId === place) continue;",
    caughtBy: ["data-is-followed"],
  },
  {
    name: "two-writers",
    sentence: "A task starts while another one writes to its volume.",
    file: book,
    find: 'return !writes || volume?.writers === "many" ? null : this.#firstWriter(name);',
    replace: "return writes && volume === undefined ? this.#firstWriter(name) : null;",
    caughtBy: ["single-writer"],
  },
];
