// Invariants that do not hold end the process with their message.

import { expect, test } from "bun:test";
import { assert, InvariantError, unreachable } from "./assert.ts";

test("what holds passes, and what does not is an InvariantError", () => {
  assert(1, "never");
  expect(() => assert(0, "one is zero")).toThrow(new InvariantError("one is zero"));
  expect(() => unreachable("colour" as never)).toThrow('unexpected value "colour"');
});
