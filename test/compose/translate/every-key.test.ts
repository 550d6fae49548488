// Every key that Podling honours or changes reaches the input, or shows its effect while files are read.

import { describe, expect, test } from "bun:test";
import { parseDocument } from "yaml";
import { rows } from "../../../src/compose/keys/rows.ts";
import { type KeyLine, keyLines } from "./key-lines.ts";
import { translateTexts } from "./translated.ts";

/** Keys that count, and that no field of the input is for. */
const withoutField: Record<string, string> = {
  "services.*.volumes[].bind.create_host_path": "an engine does not make the folder of a mount, whatever it says",
  "services.*.build": "the image is pulled; nothing is built",
};

const counts = rows.filter(({ says }) => says === "honoured" || says === "changed").map(({ path }) => path);

test("every key that counts has a line in the table", () => {
  const known = new Set([...keyLines.map(({ path }) => path), ...Object.keys(withoutField)]);
  expect(counts.filter((path) => !known.has(path))).toEqual([]);
  expect([...known].filter((path) => !counts.includes(path))).toEqual([]);
});

const request = ({ env = {} }: KeyLine) => ({ env });
const translated = (line: KeyLine, yaml: string) =>
  translateTexts({ "compose.yaml": yaml, ...line.files }, request(line));

describe("in the input", () => {
  test.each(keyLines.map((line): [string, KeyLine] => [line.path, line]))("%s", async (_, line) => {
    const { input, errors } = await translated(line, line.yaml);
    expect(errors).toEqual([]);
    expect(input).toMatchObject(line.input);
    const without = await translated(line, withoutKey(line));
    expect(without.errors.length > 0 ? null : without.input).not.toEqual(input);
  });
});

/** The file without the key of the line. `*` stands for the first name, `[]` for the first item. */
function withoutKey({ path, yaml }: KeyLine): string {
  const document = parseDocument(yaml);
  const steps: (string | number)[] = [];
  for (const part of path.replaceAll("[]", ".[]").split(".")) {
    const at = (steps.length === 0 ? document.toJS() : document.getIn(steps, false)) as { toJSON?(): object };
    const value = (at?.toJSON?.() ?? at) as object;
    if (part === "[]") steps.push(0);
    else if (part === "*") steps.push(Object.keys(value)[0]!);
    else if (part === "x-*") steps.push("services", "web", "x-podling");
    else steps.push(part);
  }
  document.deleteIn(steps);
  return document.toString();
}
