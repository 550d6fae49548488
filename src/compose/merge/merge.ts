// Merges a tree over another one, by the rules of compose files: mappings merge, lists append, commands are replaced. Items that
// name the same thing are reduced to one afterwards (unique.ts), because a list of a single file may name it twice, too.

import type { Findings } from "../findings.ts";
import { type PathNode, pathTable, stepTo } from "../tree/path-table.ts";
import { child, type Entry, isNull, type Mapping, type Path, pathText, plain, type Tree } from "../tree/tree.ts";

/** `replace`: as a whole. `values`: by key, and null is a value. `driver`: replaced when the drivers differ. */
type Rule = "replace" | "values" | "driver";

const rules = pathTable<Rule>([
  ["services.*.command", "replace"],
  ["services.*.entrypoint", "replace"],
  ["services.*.healthcheck.test", "replace"],
  ["services.*.ulimits.*", "replace"],
  ["services.*.logging", "driver"],
  ["services.*.annotations", "values"],
  ["services.*.environment", "values"],
  ["services.*.labels", "values"],
  ["services.*.sysctls", "values"],
  ["services.*.build.additional_contexts", "values"],
  ["services.*.build.args", "values"],
  ["services.*.build.labels", "values"],
  ["services.*.deploy.labels", "values"],
  ["networks.*.labels", "values"],
  ["volumes.*.labels", "values"],
]);

/**
 * `over` goes before `base`. A value with `!reset` stays in the result as the sign that it is removed, so that the result can be
 * merged over further files; `settled` takes it out.
 */
export function merged(base: Tree, over: Tree, findings: Findings, path: Path = []): Tree {
  let node: PathNode<Rule> | undefined = rules;
  for (const step of path) node = stepTo(node, step);
  return new Merge(findings).trees(base, over, node, path);
}

class Merge {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  trees(base: Tree, over: Tree, node: PathNode<Rule> | undefined, path: Path): Tree {
    if (over.mark !== null || base.mark === "reset" || node?.rule === "replace") return over;
    if (isNull(over)) return base;
    if (base.kind === "scalar") return over;
    if (base.kind === "sequence" && over.kind === "sequence")
      return { ...over, mark: base.mark, items: [...base.items, ...over.items] };
    if (base.kind === "mapping" && over.kind === "mapping") {
      if (node?.rule === "driver" && driversDiffer(base, over)) return over;
      return this.#mappings(base, over, node, path);
    }
    const { file, line } = base.place;
    const why = `it is a ${words[over.kind]} here, and a ${words[base.kind]} in ${file}:${line}`;
    this.#findings.error(over.place, pathText(path), why, "Use the same form in both, or replace it with !override.");
    return base;
  }

  #mappings(base: Mapping, over: Mapping, node: PathNode<Rule> | undefined, path: Path): Tree {
    const entries = new Map<string, Entry>(base.entries);
    for (const [key, entry] of over.entries) {
      const before = base.entries.get(key);
      if (!before || node?.rule === "values") entries.set(key, entry);
      else {
        const value = this.trees(before.value, entry.value, stepTo(node, key), [...path, key]);
        entries.set(key, value === before.value ? before : { place: entry.place, value });
      }
    }
    return { ...over, mark: base.mark, entries };
  }
}

const words = { scalar: "single value", sequence: "list", mapping: "mapping" } as const;

function driversDiffer(base: Mapping, over: Mapping): boolean {
  const [before, after] = [child(base, "driver"), child(over, "driver")];
  return before !== undefined && after !== undefined && plain(before) !== plain(after);
}

/** The tree without marks, as `extends` takes it over: what is reset there is absent. */
export function unmarked(tree: Tree): Tree {
  if (tree.kind === "scalar") return tree.mark ? { ...tree, mark: null } : tree;
  if (tree.kind === "sequence") return { ...tree, mark: null, items: tree.items.filter(isKept).map(unmarked) };
  const kept = [...tree.entries].filter(([, { value }]) => isKept(value));
  const entries = new Map(kept.map(([key, { place, value }]) => [key, { place, value: unmarked(value) }]));
  return { ...tree, mark: null, entries };
}

const isKept = ({ mark }: Tree): boolean => mark !== "reset";
