// The format of error lines on a terminal.

import { expect, test } from "bun:test";
import type { z } from "zod";
import { bodies } from "../../api/schemas/bodies.ts";
import { runFlags } from "../commands/task/flags/run-flags.ts";
import { errorLine, flagOf, RefusedError } from "./failure.ts";

test("messages of engines and servers are reduced to one line without control characters", () => {
  const line = errorLine("the engine said: \x1b[2J\x1b]0;title\x07no\nsuch image\n", "Look\r\nthere\x9b31m");
  expect(line).toBe("error: the engine said:  [2J ]0;title no such image. Look there 31m\n");
});

test("a message that ends its sentence gets no second full stop", () => {
  expect(errorLine("what now?\n", "This.")).toBe("error: what now? This.\n");
  expect(errorLine("what", "")).toBe("error: what\n");
});

test("a refused field of a task names the flag that sets it", () => {
  type Shape = Record<string, z.ZodOptional<z.ZodObject>>;
  const { shape } = bodies.TaskInput as unknown as { shape: Shape };
  const groups = ["network", "process", "security", "devices", "limits", "logging", "health"];
  const fields = Object.entries(shape).flatMap(([field, schema]) =>
    groups.includes(field) ? Object.keys(schema.unwrap().shape).map((name) => `${field}.${name}`) : [field],
  );
  const known = runFlags.flatMap(({ long, short }) => [`--${long}`, ...(short ? [`-${short}`] : [])]);
  for (const field of fields.filter((one) => !/containers$/i.test(one))) {
    const flag = flagOf(`${field}[0].x`);
    expect([field, flag]).toEqual([field, expect.any(String)]);
    for (const [named] of flag!.matchAll(/(?<![-\w])--?[a-z][a-z-]*\b/g))
      expect([field, known]).toEqual([field, expect.arrayContaining([named])]);
  }
  const refusal = {
    code: "invalid-field",
    message: "m",
    hint: "h",
    details: { field: "limits.ulimits[0].soft" },
  } as const;
  expect(new RefusedError(refusal).hint).toBe("Check --ulimit; see podling help run.");
  const ofService = new RefusedError(refusal, { commandName: "service create" });
  expect(ofService.hint).toBe("Check --ulimit; see podling help service create.");
});
