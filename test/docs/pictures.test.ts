// The terminal of README.md's picture: what it shows of control sequences, and that its SVG is well-formed.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { screenOf, textOf } from "../../scripts/pictures/terminal-screen.ts";
import { terminalSvg } from "../../scripts/pictures/terminal-svg.ts";

const shown = (output: string, columns = 80) => screenOf(output, columns).map(textOf);

test("the demo's text is at least 10 px high where a phone shows the picture 358 px wide", () => {
  const svg = readFileSync(join(import.meta.dir, "../../docs/pictures/demo.svg"), "utf8");
  const [, width] = /<svg [^>]*width="(\d+)"/.exec(svg)!;
  const [, fontSize] = /font-size: (\d+)px/.exec(svg)!;
  expect((Number(fontSize) * 358) / Number(width)).toBeGreaterThan(10);
});

describe("a terminal", () => {
  test("replaces a line that is written again", () => {
    expect(shown("waiting (0.3 s)\r\x1b[Krunning\r\nnext")).toEqual(["running", "next"]);
    expect(shown("abcdef\rxy")).toEqual(["xycdef"]);
  });

  test("breaks a line at its width, and not before a line feed that follows", () => {
    expect(shown("abcdef", 4)).toEqual(["abcd", "ef"]);
    expect(shown("abcd\r\nef", 4)).toEqual(["abcd", "ef"]);
  });

  test("keeps colours and weights, and the columns of words with several blanks between them", () => {
    expect(screenOf("web  \x1b[32mrunning\x1b[39m \x1b[1mx\x1b[22m ✓", 80)[0]).toMatchObject([
      { column: 0, text: "web", colour: null },
      { column: 5, text: "running", colour: "green" },
      { column: 13, text: "x", bold: true },
      { column: 15, text: "✓", bold: false },
    ]);
  });

  test("refuses a sequence that it does not know", () => {
    expect(() => shown("\x1b[2J")).toThrow("not known");
    expect(() => shown("\x1b[95m")).toThrow("not known");
  });

  test("escapes what means something in SVG", () => {
    expect(terminalSvg(screenOf("a<b>&c", 80), 80, "t", "a<b")).toContain(">a&lt;b&gt;&amp;c</text>");
  });
});
