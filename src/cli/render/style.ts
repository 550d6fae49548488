// Colours and symbols, if the terminal supports them, and text helpers that remove control characters.

import { steering } from "../../lib/log.ts";

export type Colour = "green" | "red" | "yellow" | "dim" | "bold";

const codes: Record<Colour, readonly [number, number]> = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export interface Style {
  paint(text: string, colour: Colour | undefined): string;
  yes: string;
  no: string;
  ellipsis: string;
}

export function createStyle(colours: boolean, utf8: boolean): Style {
  return {
    paint(text, colour) {
      if (!colours || colour === undefined) return text;
      const [on, off] = codes[colour];
      return `\x1b[${on}m${text}\x1b[${off}m`;
    },
    yes: utf8 ? "✓" : "y",
    no: utf8 ? "✗" : "n",
    ellipsis: utf8 ? "…" : "...",
  };
}

export const plainStyle = createStyle(false, true);

/** True unless the locale is C, POSIX or an old encoding. No locale at all counts as UTF-8. */
export function supportsUtf8(env: Record<string, string | undefined>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return !locale || /utf-?8/i.test(locale);
}

/** Untrusted text as one line: control characters, escape sequences and line ends are replaced. */
export function oneLine(text: string): string {
  return text.replace(steering, " ");
}

export function truncate(text: string, width: number, ellipsis: string): string {
  if (textWidth(text) <= width) return text;
  const available = width - textWidth(ellipsis);
  if (available <= 0) return ellipsis.slice(0, Math.max(0, width));
  let kept = "";
  let used = 0;
  for (const char of text) {
    used += textWidth(char);
    if (used > available) break;
    kept += char;
  }
  return kept.trimEnd() + ellipsis;
}

/** Width in terminal columns; an ideograph takes two. */
export function textWidth(text: string): number {
  return Bun.stringWidth(text);
}
