// --config and --config-env in their forms.

import { describe, expect, test } from "bun:test";
import { parseFile, parseVariable, type Reference } from "./contents.ts";

describe("--config", () => {
  test.each([
    ["app.env", { name: "app.env" }],
    ["app.env:/etc/app.env", { name: "app.env", target: "/etc/app.env" }],
    ["app.env@3:/etc/app.env", { name: "app.env", version: 3, target: "/etc/app.env" }],
    ["app.env:/a,mode=0440,uid=1000", { name: "app.env", target: "/a", mode: 0o440, uid: 1000 }],
    [
      "source=app.env,target=/a,uid=1,gid=2,mode=0400,on-change=signal,signal=USR1",
      { name: "app.env", target: "/a", uid: 1, gid: 2, mode: 0o400, onChange: "signal", signal: "USR1" },
    ],
    ["src=app.env,dst=name,version=2", { name: "app.env", target: "/name", version: 2 }],
  ] as [string, Reference][])("%s", (text, reference) => {
    expect(parseFile(text, "config")).toEqual(reference);
  });

  test.each([
    ["", "the name is missing"],
    [":/a", "the name is missing"],
    ["app.env:a", 'must begin with "/"'],
    ["target=/a", "the source is missing"],
    ["source=a,target=", "target has no value"],
    ["source=a,mode=999", "expected an octal number"],
    ["source=a,uid=root", "expected a whole number"],
    ["source=a,on-change=never", "none of restart, signal, none"],
    ["source=a,colour=red", "not among the keys"],
  ])("%s is refused", (text, says) => {
    expect(() => parseFile(text, "config")).toThrow(says);
  });
});

test("--config-env", () => {
  expect(parseVariable("MODE=app.env", "config")).toEqual({ name: "app.env", env: "MODE" });
  expect(parseVariable("MODE=app.env@2", "config")).toEqual({ name: "app.env", version: 2, env: "MODE" });
  for (const text of ["MODE", "=a", "MODE="])
    expect(() => parseVariable(text, "config")).toThrow("expected a variable and a name");
});
