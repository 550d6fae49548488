// Finds the row of a key by its place in a document, and the keys that may stand at a place.

import { isObject } from "../../lib/is-object.ts";
import type { KeyRow, Support } from "./row.ts";
import { rows } from "./rows.ts";

/** Where a value stands in a document: names of keys, and numbers of items from 0. */
export type Place = readonly (string | number)[];

interface Node {
  row: KeyRow | null;
  readonly names: Map<string, Node>;
  /** Below a name that the user chooses. */
  any: Node | null;
  /** Below an item of a list. */
  item: Node | null;
}

const newNode = (): Node => ({ row: null, names: new Map(), any: null, item: null });

function treeOf(all: readonly KeyRow[]): Node {
  const root = newNode();
  for (const row of all) {
    let node = root;
    for (const part of row.path.replaceAll("[]", ".[]").split(".")) node = step(node, part);
    node.row = row;
  }
  return root;
}

function step(node: Node, part: string): Node {
  if (part === "*") {
    node.any ??= newNode();
    return node.any;
  }
  if (part === "[]") {
    node.item ??= newNode();
    return node.item;
  }
  const next = node.names.get(part) ?? newNode();
  node.names.set(part, next);
  return next;
}

const tree = treeOf(rows);

function nodeAt(place: Place): Node | null {
  let node: Node | null = tree;
  for (const part of place) {
    if (node === null) return null;
    node = typeof part === "number" ? node.item : (node.names.get(part) ?? node.any);
  }
  return node;
}

/** The row of the key at this place. Null for a name that the user chose, an item, and a key that the schema does not have. */
export function rowAt(place: Place): KeyRow | null {
  const name = place.at(-1);
  const row = nodeAt(place)?.row ?? null;
  if (row !== null || typeof name !== "string" || !name.startsWith("x-")) return row;
  return keysAt(place.slice(0, -1)).length > 0 ? (tree.names.get("x-*")?.row ?? null) : null;
}

/** The keys that may stand at this place, without extensions; none where the user chooses the names. */
export function keysAt(place: Place): string[] {
  return [...(nodeAt(place)?.names.keys() ?? [])].filter((name) => name !== "x-*");
}

/** True where the user chooses the names of what stands there, such as below services. */
export function takesNames(place: Place): boolean {
  return nodeAt(place)?.any !== null && nodeAt(place) !== null;
}

/** What the row says of this value of its key. */
export function supportOf(row: KeyRow, value: unknown): Support {
  return row.values.find(({ matches }) => matches(value)) ?? row;
}

export interface KeyFinding {
  readonly place: Place;
  readonly row: KeyRow;
  /** What holds for the value that stands there. */
  readonly support: Support;
}

/**
 * Every key of a document that is not honoured, in the order of the document. Below a refused key nothing more is listed, and below
 * an ignored one only what is refused. A key without a value is not listed. The document has the long forms, and the schema
 * accepts it.
 */
export function keysNotHonoured(document: unknown): KeyFinding[] {
  const found: KeyFinding[] = [];
  const visit = (value: unknown, place: Place, isIgnored: boolean): void => {
    if (isEmpty(value)) return;
    const row = typeof place.at(-1) === "string" ? rowAt(place) : null;
    const support = row ? supportOf(row, value) : null;
    const says = support?.says ?? "honoured";
    const isNews = says === "refused" || (says !== "honoured" && !isIgnored);
    if (row && support && isNews) found.push({ place, row, support });
    if (says === "refused") return;
    const ignored = isIgnored || says === "ignored";
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...place, index], ignored);
    else if (isObject(value)) for (const [key, below] of Object.entries(value)) visit(below, [...place, key], ignored);
  };
  visit(document, [], false);
  return found;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === undefined || (isObject(value) && Object.keys(value).length === 0);
}
