// What a container may say of its configs.

import { expect, test } from "bun:test";
import { checkTaskInput } from "./check-input.ts";
import { specOfInput } from "./input-spec.ts";
import { packSpec, unpackSpec } from "./spec.ts";
import { taskInput } from "./task-input.ts";

const parsed = (more: object) => taskInput.parse({ name: "web", image: "nginx", ...more });
const refusal = (more: object) => {
  const outcome = checkTaskInput(parsed(more));
  return outcome.ok ? "" : outcome.refusal.message;
};

test.each([
  [{ configs: [{ name: "a" }, { name: "b", env: "B" }] }, ""],
  [{ configs: [{ name: "a" }, { name: "a" }] }, "configs[1]: /a is mounted twice"],
  [{ configs: [{ name: "a", target: "/" }] }, "configs[0]: a file cannot be mounted on /"],
  [{ configs: [{ name: "a", target: "/d/" }], mounts: [{ type: "tmpfs", target: "/d" }] }, "/d is mounted twice"],
  [{ configs: [{ name: "a", env: "A", target: "/a" }] }, "an environment variable has no path"],
  [{ configs: [{ name: "a", env: "A", onChange: "signal" }] }, "does not change while its container runs"],
  [{ configs: [{ name: "a", signal: "HUP" }] }, "signal is for onChange signal"],
  [{ configs: [{ name: "a", version: 1, onChange: "none" }] }, "has no later one"],
  [{ configs: [{ name: "a", env: "A" }], env: { A: "b" } }, "the variable A is set twice"],
])("%j: %s", (more, says) => {
  if (says === "") expect(refusal(more)).toBe("");
  else expect(refusal(more)).toContain(says);
});

test("a container without configs has no trace of them, also if an empty list was given", () => {
  expect(specOfInput(parsed({ configs: [] }))).toEqual({ containers: [{ image: "nginx" }] });
  const spec = specOfInput(parsed({ configs: [{ name: "a", mode: 0o400 }] }));
  expect(packSpec(unpackSpec(spec))).toEqual({ containers: [{ image: "nginx", configs: [{ name: "a", mode: 256 }] }] });
});
