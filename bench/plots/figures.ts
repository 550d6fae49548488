// Reads the figures of a run from its tables, those of `bench/main.ts --markdown` and of docs/PERFORMANCE.md, so that a plot
// shows what the table beside it says.

/** The median of a measurement, and its range where there are several samples. */
export interface Figure {
  median: number;
  min: number;
  max: number;
  /** "/s", "ms", "MB", ... */
  unit: string;
}

export interface MeasuredRow {
  section: string;
  what: string;
  ours: Figure;
  /** The other program's, measured in the same run. */
  other: { name: string; figure: Figure } | null;
  /** Podling's median to the other, with the digits that the table shows. */
  ratio: number | null;
}

const FIGURE = /^([\d.,]+)(\/s| [a-zA-Z%]+)(?: \(([\d.,]+)\.\.([\d.,]+)\))?$/;
/** The columns of the table that compares with an older version; the others have a column for the section. */
const BESIDE_OLDER = ["measured", "Podling"];

const toNumber = (text: string) => Number(text.replaceAll(",", ""));

function figureOf(text: string): Figure | null {
  const found = FIGURE.exec(text);
  if (found === null) return null;
  const [, middle = "", unit = "", least = middle, most = middle] = found;
  return { median: toNumber(middle), min: toNumber(least), max: toNumber(most), unit: unit.trim() };
}

/** "docker run -d: 0.365 s", or a figure alone in the column of a program. */
function otherOf(text: string, column: string): MeasuredRow["other"] {
  const colon = text.lastIndexOf(": ");
  const figure = figureOf(colon < 0 ? text : text.slice(colon + 2));
  return figure === null ? null : { name: colon < 0 ? column : text.slice(0, colon), figure };
}

/** The measured rows of all tables in the text. Other tables are skipped. */
export function measuredRows(markdown: string): MeasuredRow[] {
  const rows: MeasuredRow[] = [];
  let head: string[] = [];
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("| ")) {
      head = [];
      continue;
    }
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (head.length === 0) {
      head = cells;
      continue;
    }
    const besideOlder = head[0] === BESIDE_OLDER[0] && head[1] === BESIDE_OLDER[1];
    if (!besideOlder && head[0] !== "section") continue;
    const [section = "", what = "", ours = "", other = "", ratio = ""] = besideOlder ? ["before", ...cells] : cells;
    const figure = figureOf(ours);
    if (figure === null) continue;
    const column = head[besideOlder ? 2 : 3] ?? "";
    rows.push({ section, what, ours: figure, other: otherOf(other, column), ratio: Number.parseFloat(ratio) || null });
  }
  return rows;
}
