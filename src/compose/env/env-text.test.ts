// Files of variables: what each line gives.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

import { expect, test } from "bun:test";
import { Findings, findingText } from "../findings.ts";
import { parseEnvText } from "./env-text.ts";

function parse(text: string, outer: Record<string, string> = {}) {
  const findings = new Findings();
  const found = parseEnvText(".env", text, { lookup: (name) => outer[name], warned: new Set() }, findings);
  return { values: Object.fromEntries([...found].map(([name, { value }]) => [name, value])), found, findings };
}

const rows: [text: string, values: Record<string, string>][] = [
  ["", {}],
  ["# comment\n\n  # another", {}],
  ["A=1", { A: "1" }],
  ["A=1\nB=2\n", { A: "1", B: "2" }],
  ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
  ["\ufeffA=1", { A: "1" }],
  ["A = 1", { A: "1" }],
  ["  A=1  ", { A: "1" }],
  ["A=", { A: "" }],
  ["A: 1", { A: "1" }],
  ["export A=1", { A: "1" }],
  ["export\tA=1", { A: "1" }],
  ["exported=1", { exported: "1" }],
  ["A=x=y", { A: "x=y" }],
  ["A=bar # comment", { A: "bar" }],
  ["A=123#no-comment", { A: "123#no-comment" }],
  ["A='bar#baz' # comment", { A: "bar#baz" }],
  ['A="bar # baz"#', { A: "bar # baz" }],
  ["A=it's", { A: "it's" }],
  ['A="two\nlines"\nB=2', { A: "two\nlines", B: "2" }],
  ["A='two\nlines'", { A: "two\nlines" }],
  ['A="a\\nb\\tc"', { A: "a\nb\tc" }],
  ["A='a\\nb'", { A: "a\\nb" }],
  ["A='it\\'s'", { A: "it's" }],
  ['A="say \\"x\\" \\\\ \\q"', { A: 'say "x" \\ \\q' }],
  ['A="\\$B $$B"\nB=1', { A: "$B $B", B: "1" }],
  ['A="\\0101"', { A: "A" }],
  ["A=1\nB=$A-${A}", { A: "1", B: "1-1" }],
  ['A=1\nB="$A"', { A: "1", B: "1" }],
  ["A=1\nB='$A'", { A: "1", B: "$A" }],
  ["B=${A:-none}", { B: "none" }],
  ["O=own\nB=$O", { O: "own", B: "outer" }],
  ["O", { O: "outer" }],
  ["N\nA=1", { A: "1" }],
  ["A=1\nA=2", { A: "2" }],
  ["A.b-c[0]=1", { "A.b-c[0]": "1" }],
];

test.each(rows)("%j", (text, values) => {
  const parsed = parse(text, { O: "outer" });
  expect(parsed.values).toEqual(values);
  expect(parsed.findings.failed).toBe(false);
});

const wrong: [text: string, why: string][] = [
  ["A=1\nB C=2", ".env:2:1: expected NAME=VALUE"],
  ["=1", ".env:1:1: expected NAME=VALUE"],
  ["A*=1", ".env:1:1: expected NAME=VALUE"],
  ['A="open', ".env:1:3: A: the quote has no end"],
  ['A="x"y', '.env:1:6: A: "y" follows the closing quote'],
  ["A=${", '.env:1:3: A: "${" has no closing brace'],
  ["A=${B:?give it}", ".env:1:3: A: the variable B is not set: give it"],
];

test.each(wrong)("%j is refused with its line", (text, why) => {
  expect(parse(text).findings.list.map(findingText).join("\n")).toContain(why);
});

test("a variable has the place of its name", () => {
  expect(parse('A="x\ny"\n  B=1').found.get("B")?.place).toEqual({ file: ".env", line: 3, column: 3 });
});
