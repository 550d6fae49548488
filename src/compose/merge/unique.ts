// Lists in which an item replaces an earlier one that names the same thing: the same target of a mount, the same published port.

import type { Findings } from "../findings.ts";
import { type PathNode, pathTable, stepTo } from "../tree/path-table.ts";
import { child, type Entry, entriesOf, type Mapping, plain, type Tree, textOf } from "../tree/tree.ts";
import { merged } from "./merge.ts";

interface List {
  /** Null for an item without a key, which is kept. */
  key(item: Tree): string | null;
  /** True when an item is merged over the earlier one in the place of replacing it. */
  merges?: boolean;
}

const value = (item: Tree): string | null => (item.kind === "scalar" ? String(item.value) : null);

/** What comes before `=`. */
const name = (item: Tree): string | null => value(item)?.split("=", 1)[0] ?? null;

const field =
  (key: string) =>
  (item: Tree): string | null =>
    textOf(child(item, key)) ?? null;

const mounted =
  (folder: string) =>
  (item: Tree): string | null => {
    const [source, target] = [textOf(child(item, "source")), textOf(child(item, "target"))];
    return target ?? (source === undefined ? null : `${folder}/${source}`);
  };

function port(item: Tree): string | null {
  if (item.kind !== "mapping" || !item.entries.has("target")) return null;
  const part = (key: string, otherwise: string): unknown => {
    const tree = child(item, key);
    return tree ? plain(tree) : otherwise;
  };
  return `${part("host_ip", "0.0.0.0")}:${part("published", "")}:${part("target", "")}/${part("protocol", "tcp")}`;
}

const lists = pathTable<List>([
  ...[
    "build.tags",
    "build.platforms",
    "cap_add",
    "cap_drop",
    "dns",
    "dns_opt",
    "dns_search",
    "links",
    "profiles",
    "tmpfs",
  ].map((key) => [`services.*.${key}`, { key: name }] as const),
  ["services.*.networks.*.aliases", { key: name }],
  ["services.*.networks.*.link_local_ips", { key: name }],
  ["services.*.build.extra_hosts", { key: value }],
  ["services.*.extra_hosts", { key: value }],
  ["services.*.expose", { key: value }],
  ["services.*.label_file", { key: value }],
  ["services.*.env_file", { key: field("path") }],
  ["services.*.configs", { key: mounted("") }],
  ["services.*.secrets", { key: mounted("/run/secrets") }],
  ["services.*.devices", { key: field("target") }],
  ["services.*.volumes", { key: field("target") }],
  ["services.*.ports", { key: port }],
  ["networks.*.ipam.config", { key: field("subnet"), merges: true }],
]);

/** The merged document with each thing named once. */
export function unique(document: Tree, findings: Findings): Tree {
  return reduced(document, lists, findings);
}

function reduced(tree: Tree, node: PathNode<List>, findings: Findings): Tree {
  if (tree.kind === "sequence" && node.rule) return { ...tree, items: reducedItems(tree.items, node.rule, findings) };
  if (tree.kind !== "mapping" || node.steps.size === 0) return tree;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of entriesOf(tree)) {
    const inner = stepTo(node, key);
    entries.set(key, inner ? { ...entry, value: reduced(entry.value, inner, findings) } : entry);
  }
  return { ...tree, entries } satisfies Mapping;
}

function reducedItems(items: readonly Tree[], { key, merges }: List, findings: Findings): Tree[] {
  const kept: Tree[] = [];
  const places = new Map<string, number>();
  for (const item of items) {
    const own = key(item);
    const at = own === null ? undefined : places.get(own);
    if (at !== undefined) kept[at] = merges ? merged(kept[at]!, item, findings) : item;
    else {
      if (own !== null) places.set(own, kept.length);
      kept.push(item);
    }
  }
  return kept;
}
