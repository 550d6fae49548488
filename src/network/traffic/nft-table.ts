// A table of nftables as a value, its text for a first load, and the text of the smallest transaction from one value to
// another. A transaction is applied by the kernel as a whole or not at all. Nothing here knows what the rules mean.

import { assert } from "../../lib/assert.ts";

export interface NftTable {
  readonly family: "ip" | "bridge";
  readonly name: string;
  /** Sets and maps by name. */
  readonly sets: ReadonlyMap<string, NftSet>;
  /** Chains by name. */
  readonly chains: ReadonlyMap<string, NftChain>;
}

export interface NftSet {
  /** Such as "type ipv4_addr", or "type ipv4_addr : verdict" for a map. */
  readonly type: string;
  /** The value of each key; empty strings in a set. */
  readonly elements: ReadonlyMap<string, string>;
}

export interface NftChain {
  /** Such as "type filter hook forward priority filter; policy accept;", or null if other chains lead to it. */
  readonly hook: string | null;
  readonly rules: readonly string[];
}

const noElements: ReadonlyMap<string, string> = new Map();

/** Replaces the table, or makes it if there is none. Connections that the kernel knows are not affected. */
export function loadText(table: NftTable): string {
  const { family, name } = table;
  const lines = [`add table ${family} ${name}`, `delete table ${family} ${name}`, `table ${family} ${name} {`];
  for (const [set, { type, elements }] of table.sets) {
    lines.push(`${keyword(type)} ${set} {`, type);
    if (elements.size > 0) lines.push(`elements = { ${elementList(type, elements)} }`);
    lines.push("}");
  }
  // A chain must be known before a rule or an element leads to it. Elements are parsed after all chains of the block.
  for (const [chain, { hook, rules }] of table.chains)
    lines.push(`chain ${chain} {`, ...(hook ? [hook] : []), ...rules, "}");
  lines.push("}", "");
  return lines.join("\n");
}

/**
 * What leads from one value to the other; empty if they are equal. Both may be parts of a table: what neither names stays. Hooks
 * of chains and types of sets are equal in both, because the kernel cannot change them.
 */
export function changeText(from: NftTable, to: NftTable): string {
  const first: string[] = [];
  const then: string[] = [];
  const last: string[] = [];
  const table = `${to.family} ${to.name}`;
  for (const [name, chain] of to.chains) {
    const known = from.chains.get(name);
    assert(known === undefined || known.hook === chain.hook, `the chain ${name} has another hook`);
    if (known !== undefined && sameRules(known.rules, chain.rules)) continue;
    first.push(known === undefined ? declaration(table, name, chain) : `flush chain ${table} ${name}`);
    for (const rule of chain.rules) then.push(`add rule ${table} ${name} ${rule}`);
  }
  for (const [name, set] of to.sets) {
    const known = from.sets.get(name);
    assert(known === undefined || known.type === set.type, `the set ${name} has another type`);
    if (known === undefined) first.push(`add ${keyword(set.type)} ${table} ${name} { ${set.type}; }`);
    elementChanges(`${table} ${name}`, set.type, known?.elements ?? noElements, set.elements, first, then);
  }
  const goneChains = [...from.chains.keys()].filter((name) => !to.chains.has(name));
  first.push(...goneChains.map((name) => `flush chain ${table} ${name}`));
  last.push(...goneChains.map((name) => `delete chain ${table} ${name}`));
  for (const [name, { type }] of from.sets)
    if (!to.sets.has(name)) last.push(`delete ${keyword(type)} ${table} ${name}`);
  const lines = [...first, ...then, ...last];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function elementChanges(
  set: string,
  type: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  first: string[],
  then: string[],
): void {
  if (before === after) return;
  const gone = new Map<string, string>();
  const added = new Map<string, string>();
  for (const [key, value] of before) if (after.get(key) !== value) gone.set(key, value);
  for (const [key, value] of after) if (before.get(key) !== value) added.set(key, value);
  if (gone.size > 0) first.push(`delete element ${set} { ${elementList(type, gone)} }`);
  if (added.size > 0) then.push(`add element ${set} { ${elementList(type, added)} }`);
}

function declaration(table: string, name: string, { hook }: NftChain): string {
  return hook === null ? `add chain ${table} ${name}` : `add chain ${table} ${name} { ${hook} }`;
}

function sameRules(left: readonly string[], right: readonly string[]): boolean {
  return left === right || (left.length === right.length && left.every((rule, index) => rule === right[index]));
}

function keyword(type: string): "map" | "set" {
  return isMap(type) ? "map" : "set";
}

function isMap(type: string): boolean {
  return type.includes(" : ");
}

function elementList(type: string, elements: ReadonlyMap<string, string>): string {
  if (!isMap(type)) return [...elements.keys()].join(", ");
  return [...elements].map(([key, value]) => `${key} : ${value}`).join(", ");
}
