// Env files: what docker takes is taken, and what is refused names file and line.

import { describe, expect, test } from "bun:test";
import { limits } from "../../../model/limits.ts";
import { parseEnvFile } from "./env-file.ts";

const env = { HOME: "/root", EMPTY: "" };

describe("an env file", () => {
  test.each<[string, [string, string][]]>([
    [
      "A=1\nB=two words\n",
      [
        ["A", "1"],
        ["B", "two words"],
      ],
    ],
    ["\ufeffK=v\n", [["K", "v"]]],
    [
      "  K=v\n\tL=w\n",
      [
        ["K", "v"],
        ["L", "w"],
      ],
    ],
    ["# note\n  # note\n\n \nA=1", [["A", "1"]]],
    [
      "A=1\r\nB=2\r\n",
      [
        ["A", "1"],
        ["B", "2"],
      ],
    ],
    [
      "Q=\"quoted\"\nS='single'\nX=a=b\nY= blank",
      [
        ["Q", '"quoted"'],
        ["S", "'single'"],
        ["X", "a=b"],
        ["Y", " blank"],
      ],
    ],
    ["A=\n", [["A", ""]]],
    [
      "HOME\nEMPTY\nMISSING\n",
      [
        ["HOME", "/root"],
        ["EMPTY", ""],
      ],
    ],
    ["\ufeff\ufeffK=v\n", [["K", "v"]]],
    [`K=${"v".repeat(limits.envValueLength)}\n`, [["K", "v".repeat(limits.envValueLength)]]],
  ])("%j", (text, variables) => {
    expect(parseEnvFile("f", text, env)).toEqual(variables);
  });

  test.each([
    ["A=1\nexport B=2\n", "--env-file f, line 2: it begins with export, which only a shell knows"],
    ["\n=1\n", "--env-file f, line 2: the name before = is missing"],
    ["A B=1\n", '--env-file f, line 1: the name "A B" has a blank in it'],
    ["A =1\n", '--env-file f, line 1: the name "A " has a blank in it'],
    ["\ufffd\ufffdK\0=\0v\0\n", "--env-file f, line 1: the file is not UTF-8 text"],
    ["name=J\ufffdrg and much more text\n", "--env-file f, line 1: the file is not UTF-8 text"],
    ["A=1\nB=much text and a NUL\0\n", "--env-file f, line 2: it contains a NUL character"],
    ["A=1\n__proto__=x\n", "--env-file f, line 2: the name __proto__ is not allowed"],
    [
      `A=1\nB=${"v".repeat(limits.envValueLength + 1)}\n`,
      "--env-file f, line 2: the value of B has 32769 characters, and 32768 are allowed",
    ],
    [
      `${"N".repeat(limits.envKeyLength + 1)}=1\n`,
      '--env-file f, line 1: the name "NNNNNNNNNNNNNNNNNNNN..." has 257 characters, and 256 are allowed',
    ],
  ])("%j is refused", (text, message) => {
    expect(() => parseEnvFile("f", text, env)).toThrow(message);
  });
});
