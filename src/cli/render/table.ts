// Tables: columns two spaces apart, without trailing spaces, and at most as wide as requested. Where that is too narrow, in this
// order: optional columns are left out, short texts are used, columns that are left out last are, columns are cut with an
// ellipsis, and last the column that the table is read for. Ids are never cut. A last column with sentences continues in lines
// below itself.

import { type Colour, oneLine, type Style, textWidth, truncate } from "./style.ts";
import { wrapAfter } from "./wrap.ts";

export interface Column<Row> {
  title: string;
  text(row: Row): string;
  /** In the place of `text` in a table that would be wider than the terminal. */
  shortText?(row: Row): string;
  colour?(row: Row): Colour | undefined;
  /** The column may be cut down to this width. The widest such column is cut first. */
  shrinksTo?: number;
  /** True for the column that the table is read for, such as the status: it is cut when no other column can be. */
  cutLast?: boolean;
  right?: boolean;
  /** Left out of a table that would be wider than the terminal, before any other column is cut. */
  optional?: boolean;
  /** Left out where the other columns do not fit although they are cut. The column with the lowest number goes first. */
  drops?: number;
  /** The text is a sentence: in the last column of a table it is broken between words. */
  wraps?: boolean;
}

const gap = 2;

export function renderTable<Row>(
  given: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style,
  maxWidth: number | null,
): string {
  const columns = maxWidth === null ? given : fittingColumns(given, rows, maxWidth);
  const cells = cellsOf(columns, rows);
  const widths = fittedWidths(columns, cells, maxWidth);
  const lines = [
    line(
      columns,
      columns.map(({ title }) => title),
      widths,
      style,
      true,
    ),
  ];
  for (const [index, texts] of cells.entries()) {
    const row = rows[index]!;
    const colourOf = (column: Column<Row>) => column.colour?.(row);
    const wraps = columns.at(-1)!.wraps && maxWidth !== null;
    lines.push(
      wraps
        ? wrappedLine(columns, texts, widths, style, maxWidth, colourOf)
        : line(columns, texts, widths, style, true, colourOf),
    );
  }
  return lines.join("");
}

function cellsOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[][] {
  return rows.map((row) => columns.map((column) => oneLine(column.text(row))));
}

/** The columns that fit, with the texts that fit best. */
function fittingColumns<Row>(
  given: readonly Column<Row>[],
  rows: readonly Row[],
  maxWidth: number,
): readonly Column<Row>[] {
  if (totalOf(naturalWidths(given, rows)) <= maxWidth) return given;
  const needed = given.filter(({ optional }) => !optional);
  if (totalOf(naturalWidths(needed, rows)) <= maxWidth) return needed;
  const short = needed.map((column) => (column.shortText ? { ...column, text: column.shortText } : column));
  const widths = naturalWidths(short, rows);
  const least = new Map(
    short.map((column, at) => [column, column.cutLast ? widths[at]! : leastWidth(column, widths[at]!)] as const),
  );
  const ranked = short.filter(({ drops }) => drops !== undefined).sort((left, right) => left.drops! - right.drops!);
  for (const column of ranked) {
    if (totalOf([...least.values()]) <= maxWidth) break;
    least.delete(column);
  }
  return [...least.keys()];
}

/** The widths if nothing is cut. A sentence that continues below itself needs only a part of its width. */
function naturalWidths<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number[] {
  const widths = fittedWidths(columns, cellsOf(columns, rows), null);
  return widths.map((width, at) => (columns[at]!.wraps ? Math.min(width, sentenceWidth) : width));
}

function leastWidth<Row>({ shrinksTo = Number.POSITIVE_INFINITY, title }: Column<Row>, width: number): number {
  return Math.min(width, Math.max(shrinksTo, textWidth(title)));
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap * (widths.length - 1));
}

/** Columns that a sentence needs at least, to stand beside others. */
const sentenceWidth = 30;

/**
 * A table that is wider than the terminal, in tables below one another, each with the first column. Sentences are cut where
 * the terminal ends.
 */
export function renderBlocks<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style,
  maxWidth: number,
): string {
  const cutting = columns.map(({ drops: _, ...column }) =>
    column.wraps ? { ...column, wraps: false, shrinksTo: 10 } : column,
  );
  const [first, ...rest] = cutting;
  const needed = cutting.map((column) => {
    const widest = rows.reduce(
      (most, row) => Math.max(most, textWidth(oneLine(column.text(row)))),
      textWidth(column.title),
    );
    return columns.find(({ title }) => title === column.title)?.wraps ? Math.min(widest, sentenceWidth) : widest;
  });
  const blocks: Column<Row>[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const [at, column] of rest.entries()) {
    const width = gap + needed[at + 1]!;
    if (used + width > maxWidth) {
      blocks.push([first!]);
      used = needed[0]!;
    }
    blocks.at(-1)!.push(column);
    used += width;
  }
  return blocks.map((block) => renderTable(block, rows, style, maxWidth)).join("\n");
}

/** The last column's text continues below itself. */
function wrappedLine<Row>(
  columns: readonly Column<Row>[],
  texts: readonly string[],
  widths: readonly number[],
  style: Style,
  maxWidth: number,
  colourOf: (column: Column<Row>) => Colour | undefined,
): string {
  const head = line(columns.slice(0, -1), texts, widths, style, true, colourOf).trimEnd();
  const width = widths.slice(0, -1).reduce((sum, each) => sum + each + gap, 0);
  return wrapAfter(head + " ".repeat(width - textWidth(head)), texts.at(-1)!, maxWidth);
}

/** The column widths for these rows, for lines that are added later. */
export function fittedWidths<Row>(
  columns: readonly Column<Row>[],
  cells: readonly (readonly string[])[],
  maxWidth: number | null,
): number[] {
  const widths = columns.map(({ title }, at) =>
    cells.reduce((widest, texts) => Math.max(widest, textWidth(texts[at]!)), textWidth(title)),
  );
  if (maxWidth === null) return widths;
  let excess = totalOf(widths) - maxWidth;
  for (; excess > 0; excess--) {
    const widest = widestToCut(columns, widths, false) ?? widestToCut(columns, widths, true);
    if (widest === null) break;
    widths[widest]! -= 1;
  }
  return widths;
}

/** The widest column that may still be cut, among those that are cut last or among the others; null if there is none. */
function widestToCut<Row>(columns: readonly Column<Row>[], widths: readonly number[], isLast: boolean): number | null {
  let widest: number | null = null;
  for (const [at, column] of columns.entries()) {
    if ((column.cutLast ?? false) !== isLast || widths[at]! <= leastWidth(column, widths[at]!)) continue;
    if (widest === null || widths[at]! >= widths[widest]!) widest = at;
  }
  return widest;
}

export function line<Row>(
  columns: readonly Column<Row>[],
  texts: readonly string[],
  widths: readonly number[],
  style: Style,
  cut: boolean,
  colourOf: (column: Column<Row>) => Colour | undefined = () => undefined,
): string {
  const parts = columns.map((column, at) => {
    const width = widths[at]!;
    const text = column.shrinksTo === undefined || !cut ? texts[at]! : truncate(texts[at]!, width, style.ellipsis);
    const padding = " ".repeat(Math.max(0, width - textWidth(text)));
    const painted = style.paint(text, colourOf(column));
    if (column.right) return padding + painted;
    return at === columns.length - 1 ? painted : painted + padding;
  });
  return `${parts.join(" ".repeat(gap)).trimEnd()}\n`;
}
