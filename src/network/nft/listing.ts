// What `nft -j list table` says, reduced to what shows that another program has changed the table: which chains and sets there
// are, and how many rules or elements each has.

import type { NftTable } from "../traffic/nft-table.ts";

/** The number of rules of each chain and of elements of each set, by name. */
export type Shape = ReadonlyMap<string, number>;

interface ListedObject {
  chain?: { name: string };
  rule?: { chain: string };
  set?: { name: string; elem?: unknown[] };
  map?: { name: string; elem?: unknown[] };
}

export function shapeOf({ chains, sets }: NftTable): Shape {
  const shape = new Map<string, number>();
  for (const [name, { rules }] of chains) shape.set(`chain ${name}`, rules.length);
  for (const [name, { elements }] of sets) shape.set(`set ${name}`, elements.size);
  return shape;
}

/** Throws if the text is not what nft prints. */
export function shapeOfListing(json: string): Shape {
  const shape = new Map<string, number>();
  for (const one of (JSON.parse(json) as { nftables: ListedObject[] }).nftables) {
    if (one.chain) count(shape, `chain ${one.chain.name}`, 0);
    if (one.rule) count(shape, `chain ${one.rule.chain}`, 1);
    const set = one.set ?? one.map;
    if (set) count(shape, `set ${set.name}`, set.elem?.length ?? 0);
  }
  return shape;
}

function count(shape: Map<string, number>, key: string, more: number): void {
  shape.set(key, (shape.get(key) ?? 0) + more);
}

export function sameShape(left: Shape, right: Shape): boolean {
  if (left.size !== right.size) return false;
  for (const [key, number] of left) if (right.get(key) !== number) return false;
  return true;
}
