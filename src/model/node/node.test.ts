// Which records of nodes have a worker.

import { expect, test } from "bun:test";
import { hasWorker } from "./node.ts";

test.each([
  ["a worker of 0.1.0 says its release", { version: "0.1.0", instance: null }, true],
  ["a newer worker also says which process it is", { version: "0.2.0", instance: "place.1" }, true],
  ["a process without a release is a worker", { version: "", instance: "place.1" }, true],
  ["registered by hand", { version: "", instance: null }, false],
  ["a registration by hand, without the field", { version: "" }, false],
] as const)("%s", (_, node, expected) => {
  expect(hasWorker(node)).toBe(expected);
});
