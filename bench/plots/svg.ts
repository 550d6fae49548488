// Turns a plot into the text of an SVG file that follows the reader's light or dark theme, on a background of its own.

import type { PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Plot } from "./plot.ts";

export const WIDTH = 640;
const PADDING = 14;
const HEAD = 56;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/** Colours as plots name them. Blue and orange differ for readers who see no red or green, too. */
export const colours = { ours: "var(--ours)", worse: "var(--worse)", other: "var(--other)" };

const THEME = `
    svg { --ours: #0969da; --worse: #bc4c00; --other: #8c959f; --page: #ffffff; --frame: #d0d7de; --words: #1f2328; --soft: #59636e; color: var(--words); font-family: ${FONT} }
    @media (prefers-color-scheme: dark) { svg { --ours: #388bfd; --worse: #db6d28; --other: #767f89; --page: #0d1117; --frame: #3d444d; --words: #f0f6fc; --soft: #9198a1 } }
    .page { fill: var(--page); stroke: var(--frame) }
    .title { font-size: 19px; font-weight: 600; fill: var(--words) }
    .subtitle { font-size: 15px; fill: var(--soft) }`;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** `options` as for Plot.plot; width, font and document are given here. */
export function plotSvg(title: string, subtitle: string, options: PlotOptions): string {
  const { document } = parseHTML("<html><body></body></html>");
  const inner = WIDTH - 2 * PADDING;
  const style = { fontSize: "15px", fontFamily: "inherit", overflow: "visible" };
  const plot = Plot.plot({
    ...options,
    document: document as unknown as NonNullable<PlotOptions["document"]>,
    width: inner,
    style,
  });
  const height = Number(plot.getAttribute("height")) + HEAD + 2 * PADDING;
  plot.setAttribute("x", String(PADDING));
  plot.setAttribute("y", String(HEAD + PADDING));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
  <title>${escaped(title)}</title>
  <style>${THEME}
  </style>
  <rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="9.5"/>
  <text class="title" x="${PADDING + 4}" y="34">${escaped(title)}</text>
  <text class="subtitle" x="${PADDING + 4}" y="58">${escaped(subtitle)}</text>
  ${rounded(plot.outerHTML)}
</svg>
`;
}

/** Without digits that no screen shows. */
function rounded(svg: string): string {
  return svg.replace(/(\d+\.\d{2})\d+/g, "$1").replace(/>\s*</g, ">\n  <");
}
