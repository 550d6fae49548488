// The form of a row: what Podling does with one key of a compose file, why, and what to write in its place. It reads no file.

/**
 * honoured: it means what it means to Compose. changed: it counts, and means something else in one respect. ignored: the program
 * is the same without it. refused: without it the program would be another one, so that a file with it is not run.
 */
export const answers = ["honoured", "changed", "ignored", "refused"] as const;
export type Answer = (typeof answers)[number];

export interface Support {
  readonly says: Answer;
  /** A sentence for people. Empty for a key that is honoured and needs no word. */
  readonly because: string;
  /** What to do in its place; empty if there is nothing to do. */
  readonly instead: string;
}

/** What holds for some values of a key, in the place of what its row says. */
export interface ValueRow extends Support {
  /** How the documents show these values. */
  readonly value: string;
  readonly matches: (value: unknown) => boolean;
}

export interface KeyRow extends Support {
  /** Such as services.*.ports[].target: `*` is a name that the user chooses, `[]` an item of a list. */
  readonly path: string;
  /** The first one that matches counts. */
  readonly values: readonly ValueRow[];
}

export function honoured(path: string, because = ""): KeyRow {
  return { path, says: "honoured", because, instead: "", values: [] };
}

export function changed(path: string, because: string, instead = ""): KeyRow {
  return { path, says: "changed", because, instead, values: [] };
}

export function ignored(path: string, because: string, instead = ""): KeyRow {
  return { path, says: "ignored", because, instead, values: [] };
}

export function refused(path: string, because: string, instead = ""): KeyRow {
  return { path, says: "refused", because, instead, values: [] };
}

/** Rows of the same words: a key and the keys below it, or neighbours. `row` is one of the four functions above. */
export function alike(
  row: (path: string, because: string, instead?: string) => KeyRow,
  paths: string,
  because: string,
  instead = "",
): KeyRow[] {
  return paths.split(" ").map((path) => row(path, because, instead));
}

/** The rows with their paths below another one. */
export function below(prefix: string, rows: readonly KeyRow[]): KeyRow[] {
  return rows.map((row) => ({ ...row, path: `${prefix}${row.path.startsWith("[") ? "" : "."}${row.path}` }));
}

/** `row` with another answer for some values. */
export function butFor(row: KeyRow, value: string, matches: ValueRow["matches"], other: KeyRow): KeyRow {
  const { says, because, instead } = other;
  return { ...row, values: [...row.values, { value, matches, says, because, instead }] };
}

/** For a switch: off is as good as left out. */
export function unlessOff(row: KeyRow): KeyRow {
  return butFor(row, "false", (value) => value === false || value === "false", honoured(""));
}

/** True for a text that the pattern fits. */
export function text(pattern: RegExp): ValueRow["matches"] {
  return (value) => typeof value === "string" && pattern.test(value);
}
