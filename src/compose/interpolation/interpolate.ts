// Replaces the variables in all texts of a document. Keys are not interpolated.

import { limits } from "../../model/limits.ts";
import type { Findings, Place } from "../findings.ts";
import { type PathNode, stepTo } from "../tree/path-table.ts";
import { type Entry, type Path, pathText, type Tree } from "../tree/tree.ts";
import { type Cast, casts } from "./casts.ts";
import { type Lookup, substitute } from "./substitute.ts";

export interface Variables {
  lookup: Lookup;
  /** Variables for which there is a warning already: one a variable is enough. */
  warned: Set<string>;
}

export function interpolate(tree: Tree, variables: Variables, findings: Findings): Tree {
  return new Interpolation(variables, findings).tree(tree, [], casts);
}

/** Replaces the variables in one text outside of a document, and reports as a document does. Null after an error. */
export function interpolateText(
  text: string,
  { place, what }: { place: Place; what: string },
  { lookup, warned }: Variables,
  findings: Findings,
): string | null {
  const result = substitute(text, lookup);
  if (!result.ok) {
    findings.error(place, what, result.refusal.why, result.refusal.next);
    return null;
  }
  for (const name of result.value.unset) {
    if (warned.has(name)) continue;
    warned.add(name);
    const why = `the variable ${name} is not set, and counts as an empty text`;
    findings.warn(place, what, why, `Set it, or write a default: \${${name}:-default}.`);
  }
  return result.value.text;
}

class Interpolation {
  readonly #variables: Variables;
  readonly #findings: Findings;
  /** Characters that variables have made in this document: short texts may stand for long ones, many times over. */
  #made = 0;

  constructor(variables: Variables, findings: Findings) {
    this.#variables = variables;
    this.#findings = findings;
  }

  tree(tree: Tree, path: Path, casts: PathNode<Cast> | undefined): Tree {
    if (tree.kind === "scalar") return typeof tree.value === "string" ? this.#text(tree, path, casts?.rule) : tree;
    if (tree.kind === "sequence") {
      const items = tree.items.map((item, index) => this.tree(item, [...path, index], stepTo(casts, index)));
      return { ...tree, items };
    }
    const entries = new Map<string, Entry>();
    for (const [key, { place, value }] of tree.entries)
      entries.set(key, { place, value: this.tree(value, [...path, key], stepTo(casts, key)) });
    return { ...tree, entries };
  }

  #text(tree: Tree & { kind: "scalar" }, path: Path, cast: Cast | undefined): Tree {
    const before = String(tree.value);
    const text = this.#expanded(before, tree.place, path);
    if (text === null || (!cast && text === before)) return tree;
    if (!cast) return { ...tree, value: text };
    const value = cast.convert(text);
    if (value !== undefined) return { ...tree, value };
    const why = `expected ${cast.expected}, and it is ${JSON.stringify(text.slice(0, 40))}`;
    const from = before.includes("$") ? ` Check the variable in ${JSON.stringify(before.slice(0, 40))}.` : "";
    this.#findings.error(tree.place, pathText(path), why, `Write ${cast.expected}.${from}`);
    return tree;
  }

  #expanded(text: string, place: Place, path: Path): string | null {
    if (!text.includes("$")) return text;
    const expanded = interpolateText(text, { place, what: pathText(path) }, this.#variables, this.#findings);
    const before = this.#made;
    this.#made += expanded?.length ?? 0;
    if (this.#made <= limits.composeVariableCharacters) return expanded;
    if (before <= limits.composeVariableCharacters) {
      const why = `variables make more than ${limits.composeVariableCharacters} characters in this file`;
      this.#findings.error(
        place,
        pathText(path),
        why,
        "Use shorter values, for example files in the place of variables.",
      );
    }
    return null;
  }
}
