// Mistakes in the addresses that the cluster gives. Plain data.

import type { Mutant } from "./mutant.ts";

const book = "src/core/state/indexes/address-book.ts";

export const addressMutants: readonly Mutant[] = [
  {
    name: "addresses-without-rest",
    sentence: "An address that was given up is free at once.",
    file: "src/core/reconcile/addresses.ts",
    find: "toTimestamp(now + limits.addressRestMs)",
    replace: "toTimestamp(now)",
    caughtBy: ["addresses-once"],
  },
  {
    name: "address-of-a-service-that-is-gone",
    sentence: "The address of a service that is gone is never given up.",
    file: book,
    find: "if (!isWanted && address !== undefined) this.#orphans.set(key, address);",
    replace: "if (!isWanted && address === key) this.#orphans.set(key, address);",
    caughtBy: [],
    tests: ["src/core/reconcile/addresses.test.ts"],
  },
  {
    name: "ranges-of-nodes-given-twice",
    sentence: "The range of a node does not count as given.",
    file: book,
    find: "if (number >= 0) this.#taken[number] = 1;",
    replace: "if (number >= 0) this.#taken[number] = this.#taken.length > 256 ? 1 : 0;",
    caughtBy: [],
    tests: ["src/core/reconcile/addresses.test.ts"],
  },
  {
    name: "range-lost-with-the-last-task",
    sentence: "A node gives its range up with its last task, while rules of other nodes name it.",
    file: book,
    find: 'const isNode = owner.kind === "node" && address !== undefined',
    replace: 'const isNode = owner.kind === "service" && address !== undefined',
    caughtBy: [],
    tests: ["src/core/reconcile/addresses.test.ts"],
  },
];
