// Draws lines of a terminal as an SVG that follows the reader's light or dark theme. It has a background of its own, so that
// it can be read on any page.

import type { Run } from "./terminal-screen.ts";

const FONT_SIZE = 14;
/** Of the usual fonts; each run is stretched to it, so that columns stay in line with any font. */
const CHARACTER_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const MARGIN = 14;
const HEAD = 38;

const THEME = `
    .back { fill: #ffffff; stroke: #d0d7de }
    .head { fill: #f6f8fa }
    .dot { fill: #d0d7de }
    text { font-family: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: ${FONT_SIZE}px; fill: #1f2328; white-space: pre }
    .title, .dim { fill: #59636e }
    .bold { font-weight: bold }
    .command { fill: #0550ae }
    .red { fill: #cf222e } .green { fill: #116329 } .yellow { fill: #7d4e00 } .blue { fill: #0550ae } .magenta { fill: #8250df } .cyan { fill: #1b7c83 }
    @media (prefers-color-scheme: dark) {
      .back { fill: #0d1117; stroke: #3d444d }
      .head { fill: #151b23 }
      .dot { fill: #3d444d }
      text { fill: #f0f6fc }
      .title, .dim { fill: #9198a1 }
      .command { fill: #79c0ff }
      .red { fill: #ff7b72 } .green { fill: #3fb950 } .yellow { fill: #d29922 } .blue { fill: #79c0ff } .magenta { fill: #d2a8ff } .cyan { fill: #39c5cf }
    }`;

export const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const round = (value: number) => Number(value.toFixed(1));

function runSvg({ column, text, colour, bold, dim }: Run, y: number): string {
  const classes = [colour, bold && "bold", dim && "dim"].filter(Boolean).join(" ");
  const x = round(MARGIN + column * CHARACTER_WIDTH);
  const width = round([...text].length * CHARACTER_WIDTH);
  return `<text x="${x}" y="${y}" textLength="${width}"${classes && ` class="${classes}"`}>${escaped(text)}</text>`;
}

/** `description` is for readers that do not see the picture. */
export function terminalSvg(lines: Run[][], columns: number, title: string, description: string): string {
  const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * MARGIN);
  const height = HEAD + lines.length * LINE_HEIGHT + 2 * MARGIN - 8;
  const dots = [0, 1, 2]
    .map((n) => `<circle class="dot" cx="${MARGIN + 6 + n * 20}" cy="${HEAD / 2}" r="6"/>`)
    .join("");
  const drawn = lines.flatMap((line, row) => line.map((run) => runSvg(run, HEAD + MARGIN + 10 + row * LINE_HEIGHT)));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>${escaped(title)}</title>
  <desc>${escaped(description)}</desc>
  <style>${THEME}
  </style>
  <clipPath id="frame"><rect width="${width}" height="${height}" rx="10"/></clipPath>
  <g clip-path="url(#frame)"><rect class="back" width="${width}" height="${height}"/><rect class="head" width="${width}" height="${HEAD}"/></g>
  <rect class="back" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9.5" style="fill: none"/>
  ${dots}<text class="title" x="${width / 2}" y="${HEAD / 2 + 5}" text-anchor="middle">${escaped(title)}</text>
${drawn.join("\n")}
</svg>
`;
}
