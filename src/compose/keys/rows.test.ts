// The table against the published schema: a new schema fails here until each of its keys has a row.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { rows } from "./rows.ts";

const file = resolve(import.meta.dir, "../../../build/compose/keys.json");
const keys = JSON.parse(readFileSync(file, "utf8")) as string[];
const paths = rows.map(({ path }) => path);

describe("the rows", () => {
  test("are as many as a schema has", () => expect(keys.length).toBeGreaterThan(300));

  test("have every key of the schema", () => expect(keys.filter((key) => !paths.includes(key))).toEqual([]));

  test("have no key that the schema does not have", () =>
    expect(paths.filter((path) => !keys.includes(path))).toEqual([]));

  test("have each key once", () => {
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  test("say why, wherever they do not honour a key", () => {
    const supports = rows.flatMap((row) => [row, ...row.values.map((value) => ({ ...value, path: row.path }))]);
    const silent = supports.filter(({ says, because }) => says !== "honoured" && because === "");
    expect(silent.map(({ path }) => path)).toEqual([]);
    const open = supports.flatMap(({ because, instead }) => [because, instead]).filter((text) => /[^.]$/.test(text));
    expect(open).toEqual([]);
  });

  test("say what to do in the place of a key that is refused", () => {
    expect(rows.filter(({ says, instead }) => says === "refused" && instead === "")).toEqual([]);
  });

  test("below a refused key are refused, and below an ignored one not honoured", () => {
    const isBelow = (path: string, outer: string) => path.startsWith(`${outer}.`) || path.startsWith(`${outer}[]`);
    const outer = rows.filter(({ says }) => says === "refused" || says === "ignored");
    const wrong = outer.flatMap(({ path, says }) =>
      rows.filter((row) => isBelow(row.path, path) && row.says !== says).map((row) => row.path),
    );
    expect(wrong).toEqual([]);
  });
});
