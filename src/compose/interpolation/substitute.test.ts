// Every form of a variable, as compose-go reads it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

import { describe, expect, test } from "bun:test";
import { type Lookup, substitute } from "./substitute.ts";

const values: Readonly<Record<string, string>> = {
  A: "first",
  B: "second",
  E: "",
  J: '{"a":1}',
  lower: "small",
  _x1: "under",
};
const lookup: Lookup = (name) => values[name];

/** The text, and the result. */
const rows: [text: string, result: string][] = [
  ["", ""],
  ["plain", "plain"],
  ["$A", "first"],
  ["${A}", "first"],
  ["$A$B", "firstsecond"],
  ["${A}${B}", "firstsecond"],
  ["$A-b", "first-b"],
  ["$A.b", "first.b"],
  ["$A:1", "first:1"],
  ["x${A}y", "xfirsty"],
  ["$lower", "small"],
  ["$_x1", "under"],
  ["${_x1}", "under"],
  ["$E", ""],
  ["[${E}]", "[]"],
  ["$$", "$"],
  ["$$A", "$A"],
  ["$$$A", "$first"],
  ["$$$$", "$$"],
  ["$${A}", "${A}"],
  ["$$$${A}", "$${A}"],
  ["a $ b", "a $ b"],
  ["$", "$"],
  ["$}", "$}"],
  ["$1", "$1"],
  ["^x$", "^x$"],
  ["$-A", "$-A"],
  ["${A:-d}", "first"],
  ["${E:-d}", "d"],
  ["${N:-d}", "d"],
  ["${A-d}", "first"],
  ["${E-d}", ""],
  ["${N-d}", "d"],
  ["${N:-}", ""],
  ["${N-}", ""],
  ["${A:+alt}", "alt"],
  ["${E:+alt}", ""],
  ["${N:+alt}", ""],
  ["${A+alt}", "alt"],
  ["${E+alt}", "alt"],
  ["${N+alt}", ""],
  ["${A:?m}", "first"],
  ["${A?m}", "first"],
  ["${E?m}", ""],
  ["${N:-${A}}", "first"],
  ["${N:-$A}", "first"],
  ["${N:-${M:-deep}}", "deep"],
  ["${N-${A} ${B}}", "first second"],
  ["${A:+$B}", "second"],
  ["${E+$A ${A:+more}}", "first more"],
  ["${N:-/non:-alphanumeric}", "/non:-alphanumeric"],
  ["${N:-a-b+c?d}", "a-b+c?d"],
  ['${N:-{"a":{"b":2}}}', '{"a":{"b":2}}'],
  ["${N:-$$A}", "$A"],
  ["${N:-a b\nc}", "a b\nc"],
  ["${J}", '{"a":1}'],
  [":-x ${N-d}", ":-x d"],
  ["?x ${E:-d}", "?x d"],
  ["${N:-x}}", "x}"],
  ["http://${A:-h}:${N:-80}/${B}", "http://first:80/second"],
  ["${A:-${N:?never}}", "first"],
  ["${N:+${M:?never}}", ""],
];

test.each(rows)("%j is %j", (text, result) => {
  expect(substitute(text, lookup)).toMatchObject({ ok: true, value: { text: result } });
});

describe("variables that are not set", () => {
  const unset: [text: string, names: string[]][] = [
    ["$N", ["N"]],
    ["${N} ${M} $N", ["N", "M"]],
    ["${N:-d}", []],
    ["${N:-$M}", ["M"]],
    ["${A:-$M}", []],
    ["${N+$M}", []],
    ["${A?$M}", []],
  ];
  test.each(unset)("%j names %j", (text, names) => {
    expect(substitute(text, lookup)).toMatchObject({ ok: true, value: { unset: names } });
  });
});

describe("a wrong form says why", () => {
  const wrong: [text: string, why: string][] = [
    ["${", "has no closing brace"],
    ["${A", "has no closing brace"],
    ["${N:-{}", "has no closing brace"],
    ["${}", "is no variable"],
    ["${ A}", "is no variable"],
    ["${A }", "is no variable"],
    ["${A!}", "is no variable"],
    ["${1}", "is no variable"],
    ["${A:x}", "is no variable"],
    ["${N:?}", "the variable N is not set"],
    ["${N?}", "the variable N is not set"],
    ["${N:?say it}", "the variable N is not set: say it"],
    ["${E:?say it}", "the variable E is empty: say it"],
    ["${N?because ${A}}", "the variable N is not set: because first"],
    ["${M:-${N:?inner}}", "the variable N is not set: inner"],
    [`${"${N:-".repeat(100)}${"}".repeat(100)}`, "defaults are nested too deep"],
    ["$A".repeat(300_000), "has more than 1048576 characters"],
  ];
  test.each(wrong)("%#. %s", (text, why) => {
    const result = substitute(text, lookup);
    expect(result.ok ? "" : result.refusal.why).toContain(why);
    expect(result.ok ? "" : result.refusal.next).not.toBe("");
  });
});
