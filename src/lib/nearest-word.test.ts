// Which typing errors get a proposal, and which words get none.

import { expect, test } from "bun:test";
import { editDistance, nearest } from "./nearest-word.ts";

const commands = ["run", "ps", "logs", "inspect", "explain", "stop", "nodes", "completion"];

test.each([
  ["rnu", "run"],
  ["log", "logs"],
  ["insepct", "inspect"],
  ["expl", "explain"],
  ["completoin", "completion"],
  ["node", "nodes"],
  ["ins", "inspect"],
  ["yaml", undefined],
  ["deploy", undefined],
  ["xyzzy", undefined],
] as const)("%s", (word, meant) => {
  expect(nearest(word, commands)).toBe(meant as string);
});

test("a swap of neighbours counts as one error", () => {
  expect(editDistance("rnu", "run")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
});
