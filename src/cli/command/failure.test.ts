// The format of error lines on a terminal.

import { expect, test } from "bun:test";
import { errorLine } from "./failure.ts";

test("messages of engines and servers are reduced to one line without control characters", () => {
  const line = errorLine("the engine said: \x1b[2J\x1b]0;title\x07no\nsuch image\n", "Look\r\nthere\x9b31m");
  expect(line).toBe("error: the engine said:  [2J ]0;title no such image. Look there 31m\n");
});

test("a message that ends its sentence gets no second full stop", () => {
  expect(errorLine("what now?\n", "This.")).toBe("error: what now? This.\n");
  expect(errorLine("what", "")).toBe("error: what\n");
});
