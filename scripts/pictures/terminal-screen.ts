// Replays what programs wrote to a terminal, and returns the lines that it then shows. It knows the sequences that Podling
// and its demo write: colours and weights, carriage returns, and the clearing of a line. Others are an error.

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

export interface Style {
  colour: Colour | null;
  bold: boolean;
  dim: boolean;
}

/** A part of a line in one style. */
export interface Run extends Style {
  /** Of its first character, from 0. */
  column: number;
  text: string;
}

interface Cell extends Style {
  character: string;
}

const PLAIN: Style = { colour: null, bold: false, dim: false };
const COLOURS: Record<number, Colour> = { 31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan" };

function restyled(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: null };
  const colour = COLOURS[code];
  if (colour === undefined) throw new Error(`the terminal's style ${code} is not known here`);
  return { ...style, colour };
}

/** The lines of a terminal of this width after the output. Lines that scrolled out of sight are kept. */
export function screenOf(output: string, columns: number): Run[][] {
  const lines: Cell[][] = [[]];
  let column = 0;
  let style = PLAIN;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by control characters
  for (const [token] of output.matchAll(/\x1b\[([\d;]*)([A-Za-z])|[\s\S]/gu)) {
    const line = lines.at(-1)!;
    if (token === "\r") column = 0;
    else if (token === "\n") lines.push([]);
    else if (token.length > 1 && token.startsWith("\x1b")) {
      const codes = token.slice(2, -1).split(";").map(Number);
      if (token.endsWith("m")) for (const code of codes) style = restyled(style, code);
      else if (token.endsWith("K")) line.length = codes[0] === 2 ? 0 : Math.min(line.length, column);
      else throw new Error(`the terminal's sequence ${JSON.stringify(token)} is not known here`);
    } else {
      const full = column === columns;
      if (full) lines.push([]);
      if (full) column = 0;
      lines.at(-1)![column] = { ...style, character: token };
      column += 1;
    }
  }
  return lines.map(runsOf);
}

const sameStyle = (a: Style, b: Style) => a.colour === b.colour && a.bold === b.bold && a.dim === b.dim;

/** Joins neighbours of one style. Characters outside ASCII stay alone, because their width depends on the font. */
function runsOf(cells: Cell[]): Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < cells.length; column += 1) {
    const { character, ...style } = cells[column] ?? { character: " ", ...PLAIN };
    const last = runs.at(-1);
    const joins = last !== undefined && sameStyle(last, style) && isAscii(character) && isAscii(last.text);
    if (joins) last.text += character;
    else runs.push({ ...style, column, text: character });
  }
  return runs.flatMap(withoutBlanks);
}

const isAscii = (text: string) => [...text].every((character) => character < "\x7f");

/** Splits a run where several blanks follow each other: then columns stay in line, whatever the width of the font's blank. */
function withoutBlanks(run: Run): Run[] {
  return [...run.text.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
    ...run,
    column: run.column + match.index,
    text: match[0],
  }));
}

/** The text of a line, without styles. */
export function textOf(line: Run[]): string {
  return line.reduce((text, run) => text.padEnd(run.column) + run.text, "");
}
