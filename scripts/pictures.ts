// Draws the pictures of README.md: docs/pictures/demo.svg from a run of the demo in a terminal, and
// docs/pictures/architecture.svg. `make pictures` starts it; it needs a Docker engine.
//
//   bun scripts/pictures.ts [demo] [architecture]        (default: both)

import { join, resolve } from "node:path";
import { architectureSvg } from "./pictures/architecture-svg.ts";
import { type Run, screenOf, textOf } from "./pictures/terminal-screen.ts";
import { terminalSvg } from "./pictures/terminal-svg.ts";

const FOLDER = resolve(import.meta.dir, "../docs/pictures");
/** Narrow, so that the text is large enough where a page shows the picture on a phone. */
const COLUMNS = 52;
const ROWS = 50;
/** The part of the demo that the picture shows, by the beginnings of its headings: the first one, and the one after the last. */
const FIRST = "# Run a web server";
const END = "# What runs, and what ran?";

/** The demo's output in a terminal, with the terminal's control sequences. */
async function recordDemo(): Promise<string> {
  const decoder = new TextDecoder();
  let output = "";
  const demo = Bun.spawn([process.execPath, join(import.meta.dir, "demo.ts")], {
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: undefined, COLUMNS: undefined },
    terminal: {
      cols: COLUMNS,
      rows: ROWS,
      data: (_, bytes) => {
        output += decoder.decode(bytes, { stream: true });
      },
    },
  });
  if ((await demo.exited) !== 0) throw new Error(`the demo failed:\n${output}`);
  return output;
}

export function shownLines(output: string): Run[][] {
  const lines = screenOf(output, COLUMNS);
  const at = (heading: string) => lines.findIndex((line) => textOf(line).startsWith(heading));
  const [first, end] = [at(FIRST), at(END)];
  if (first < 0 || end < first) throw new Error(`the demo has no headings "${FIRST}" and "${END}" in this order`);
  const shown = lines.slice(first, end);
  while (shown.at(-1)?.length === 0) shown.pop();
  return shown;
}

async function demoSvg(): Promise<string> {
  const lines = shownLines(await recordDemo());
  return terminalSvg(lines, COLUMNS, "make demo", lines.map(textOf).join("\n"));
}

const pictures: Record<string, () => string | Promise<string>> = { demo: demoSvg, architecture: architectureSvg };

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in pictures));
if (unknown.length > 0) {
  process.stderr.write(`there is no picture ${unknown.join(", ")}: use ${Object.keys(pictures).join(", ")}\n`);
  process.exit(64);
}
for (const name of names.length > 0 ? names : Object.keys(pictures)) {
  const file = join(FOLDER, `${name}.svg`);
  await Bun.write(file, await pictures[name]!());
  process.stdout.write(`${file}\n`);
}
