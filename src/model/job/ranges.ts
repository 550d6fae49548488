// Sets of indexes as text: "0-41,44". A job of 100,000 indexes that run in order stays a few characters long.

export interface Range {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/** In ascending order, without overlaps. Empty text: no range. */
export function parseRanges(text: string): Range[] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return { first: first!, last: last! };
  });
}

export function rangesText(ranges: readonly Range[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** The text of the set with this index as well. */
export function withIndex(text: string, index: number): string {
  const ranges = parseRanges(text);
  if (ranges.some(({ first, last }) => first <= index && index <= last)) return text;
  const joined: Range[] = [];
  for (const range of [...ranges, { first: index, last: index }].sort((left, right) => left.first - right.first)) {
    const before = joined.at(-1);
    if (before && before.last + 1 === range.first)
      joined[joined.length - 1] = { first: before.first, last: range.last };
    else joined.push(range);
  }
  return rangesText(joined);
}

/** How many indexes the set has. */
export function countOf(text: string): number {
  return parseRanges(text).reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The lowest indexes below `end` that are neither in the set nor in `taken`, at most `count`. */
export function missing(text: string, taken: ReadonlySet<number>, end: number, count: number): number[] {
  const found: number[] = [];
  const ranges = [...parseRanges(text), { first: end, last: end }];
  let index = 0;
  for (const { first, last } of ranges) {
    for (; index < Math.min(first, end) && found.length < count; index++) if (!taken.has(index)) found.push(index);
    if (found.length >= count) break;
    index = last + 1;
  }
  return found;
}
