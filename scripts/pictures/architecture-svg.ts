// Draws the architecture: who talks to whom, and what the master does with a command. The SVG follows the reader's light or
// dark theme, and its words are large enough for the width of a phone.

import { escaped } from "./terminal-svg.ts";

const WIDTH = 800;
const HEIGHT = 520;

const THEME = `
    .page { fill: #ffffff; stroke: #d0d7de }
    .area { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5 }
    .part { fill: #ffffff; stroke: #8c959f; stroke-width: 1.5 }
    .core { fill: #ddf4ff; stroke: #0969da; stroke-width: 2 }
    .container { fill: #dafbe1; stroke: #1a7f37; stroke-width: 1.5 }
    .line { fill: none; stroke: #59636e; stroke-width: 2 }
    .again { fill: none; stroke: #0969da; stroke-width: 2; stroke-dasharray: 6 4 }
    .tip { fill: #59636e } .tip-again { fill: #0969da }
    text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-size: 18px; fill: #1f2328; text-anchor: middle }
    .name { font-size: 20px; font-weight: 600 }
    .small { font-size: 16px; fill: #59636e }
    .blue { fill: #0550ae }
    .start { text-anchor: start }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #3d444d }
      .area { fill: #151b23; stroke: #656c76 }
      .part { fill: #0d1117; stroke: #656c76 }
      .core { fill: #0c2d5a; stroke: #4493f8 }
      .container { fill: #0f3a1f; stroke: #3fb950 }
      .line { stroke: #9198a1 } .again { stroke: #79c0ff }
      .tip { fill: #9198a1 } .tip-again { fill: #79c0ff }
      text { fill: #f0f6fc }
      .small { fill: #b1bac4 }
      .blue { fill: #79c0ff }
    }`;

function box(style: string, x: number, y: number, width: number, height: number): string {
  return `<rect class="${style}" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`;
}

function words(text: string, x: number, y: number, style = ""): string {
  return `<text${style && ` class="${style}"`} x="${x}" y="${y}">${escaped(text)}</text>`;
}

/** A path with a tip at its end. */
function arrow(path: string, style: "line" | "again" = "line"): string {
  return `<path class="${style}" d="${path}" marker-end="url(#${style})"/>`;
}

function clients(): string[] {
  return [
    box("area", 24, 96, 184, 108),
    words("podling", 116, 128, "name"),
    words("run, ps, logs,", 116, 158, "small"),
    words("explain, nodes, …", 116, 182, "small"),
    box("area", 24, 306, 184, 86),
    words("your programs", 116, 340, "name"),
    words("HTTP and JSON", 116, 370, "small"),
  ];
}

function master(): string[] {
  return [
    box("area", 264, 24, 244, 472),
    words("master", 386, 56, "name"),
    box("part", 284, 76, 204, 84),
    words("REST API", 386, 110),
    words("checks, and queues", 386, 138, "small"),
    arrow("M 386 160 V 202"),
    box("core", 284, 208, 204, 104),
    words("decide", 386, 240, "name"),
    words("a pure function of", 386, 268, "small"),
    words("state and command", 386, 292, "small"),
    arrow("M 394 312 V 376"),
    words("changes", 404, 350, "small start"),
    box("part", 284, 382, 204, 92),
    words("journal", 386, 414),
    words("SQLite, on disk before", 386, 440, "small"),
    words("an answer is sent", 386, 461, "small"),
    arrow("M 312 382 V 318", "again"),
    words("explain", 320, 350, "small blue start"),
  ];
}

function node(name: string, y: number, containers: string[]): string[] {
  return [
    box("area", 600, y, 176, 208),
    words(name, 688, y + 30, "small"),
    box("part", 616, y + 44, 144, 44),
    words("worker", 688, y + 72, "name"),
    arrow(`M 688 ${y + 88} V ${y + 112}`),
    words("Docker", 688, y + 136),
    ...containers.flatMap((container, index) => [
      box("container", 616 + index * 75, y + 150, containers.length === 1 ? 144 : 69, 40),
      words(container, containers.length === 1 ? 688 : 650.5 + index * 75, y + 176),
    ]),
  ];
}

/** Requests to the master, and both directions between the master and each worker. */
function wires(): string[] {
  const withWorker = (y: number) => [
    words("tasks", 554, y - 10, "small"),
    arrow(`M 508 ${y} H 610`),
    words("reports", 554, y + 36, "small"),
    arrow(`M 616 ${y + 16} H 514`),
  ];
  return [
    arrow("M 208 150 H 238 V 118 H 278"),
    '<path class="line" d="M 208 349 H 238 V 148"/>',
    ...withWorker(82),
    ...withWorker(346),
  ];
}

export function architectureSvg(): string {
  const title = "The architecture of Podling";
  const description =
    "The command line and other programs send requests to the master's REST API. The master decides with a pure function of " +
    "state and command, and writes the changes to its journal before it answers. Workers receive their tasks, run them as " +
    "containers with Docker, and report back. explain runs a decision of the journal again.";
  const marker = (id: string, style: string) =>
    `<marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto"><path class="${style}" d="M 0 0 L 10 5 L 0 10 z"/></marker>`;
  const parts = [
    ...clients(),
    ...master(),
    ...node("machine n1", 24, ["web", "db"]),
    ...node("machine n2", 288, ["cache"]),
    ...wires(),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
  <title>${title}</title>
  <desc>${description}</desc>
  <style>${THEME}
  </style>
  <defs>${marker("line", "tip")}${marker("again", "tip-again")}</defs>
  <rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="9.5"/>
  ${parts.join("\n  ")}
</svg>
`;
}
