// Commands as one text. The rows are those of the package that compose uses.

import { expect, test } from "bun:test";
import { shellWords } from "./shell-words.ts";

test.each([
  ["", []],
  ["  a  b ", ["a", "b"]],
  ["a 'b c' d", ["a", "b c", "d"]],
  ['a "b c"', ["a", "b c"]],
  ["a\\ b", ["a b"]],
  ["''", [""]],
  ["a''b", ["ab"]],
  ['"a \\"b\\" \\\\ \\n"', ['a "b" \\ \\n']],
  ["sh -c 'echo $A | wc'", ["sh", "-c", "echo $A | wc"]],
  ["a 'b", null],
  ['a "b', null],
  ["a\\", null],
])("%p", (text, words) => expect(shellWords(text)).toEqual(words));
