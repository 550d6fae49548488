// The tree of a compose file: values with their places. A tree never changes, so that aliases and `extends` share parts of it.

import type { Place } from "../findings.ts";

/** `!reset` removes the value of earlier files, `!override` replaces it as a whole. */
export type Mark = "reset" | "override";

export type ScalarValue = string | number | boolean | null;

interface Marked {
  readonly place: Place;
  readonly mark: Mark | null;
}

export interface Scalar extends Marked {
  readonly kind: "scalar";
  readonly value: ScalarValue;
}

export interface Entry {
  /** Where the key is written. */
  readonly place: Place;
  readonly value: Tree;
}

export interface Mapping extends Marked {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Sequence extends Marked {
  readonly kind: "sequence";
  readonly items: readonly Tree[];
}

export type Tree = Scalar | Mapping | Sequence;

export const scalar = (value: ScalarValue, place: Place, mark: Mark | null = null): Scalar => ({
  kind: "scalar",
  value,
  place,
  mark,
});

export const mapping = (
  entries: ReadonlyMap<string, Entry> | Iterable<readonly [string, Entry]>,
  place: Place,
  mark: Mark | null = null,
): Mapping => ({ kind: "mapping", entries: new Map(entries), place, mark });

export const sequence = (items: readonly Tree[], place: Place, mark: Mark | null = null): Sequence => ({
  kind: "sequence",
  items,
  place,
  mark,
});

/** A mapping whose values are all written at one place, as in the long form of a short one. Null values are left out. */
export function made(values: Record<string, ScalarValue | Tree | undefined>, place: Place): Mapping {
  const entries: [string, Entry][] = [];
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    entries.push([key, { place, value: typeof value === "object" ? value : scalar(value, place) }]);
  }
  return mapping(entries, place);
}

export function isNull(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

/** The value of a key; undefined if the tree is no mapping or lacks the key. */
export function child(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === "mapping" ? tree.entries.get(key)?.value : undefined;
}

export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && typeof tree.value === "string" ? tree.value : undefined;
}

export function entriesOf(tree: Tree | undefined): [string, Entry][] {
  return tree?.kind === "mapping" ? [...tree.entries] : [];
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === "sequence" ? tree.items : [];
}

/** The same mapping with other values for some keys; undefined removes a key. */
export function withEntries(tree: Mapping, changes: Record<string, Tree | undefined>): Mapping {
  const entries = new Map(tree.entries);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, { place: entries.get(key)?.place ?? value.place, value });
  }
  return mapping(entries, tree.place, tree.mark);
}

/** The plain value, as JSON has it. */
export function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "sequence") return tree.items.map(plain);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of tree.entries) value[key] = plain(entry.value);
  return value;
}

export type Path = readonly (string | number)[];

/** Where a path of a plain value is written: the value's place, or that of the nearest value above it that exists. */
export function placeOf(tree: Tree, path: Path): Place {
  let { place } = tree;
  let at: Tree | undefined = tree;
  for (const step of path) {
    if (at?.kind === "mapping") {
      const entry: Entry | undefined = at.entries.get(String(step));
      if (!entry) return place;
      place = entry.place;
      at = entry.value;
    } else if (at?.kind === "sequence") {
      at = at.items[Number(step)];
      if (!at) return place;
      place = at.place;
    } else return place;
  }
  return place;
}

/** "services.web.ports[1]" */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const word = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
    return text === "" ? word : `${text}.${word}`;
  }, "");
}
