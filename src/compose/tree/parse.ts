// YAML text to positioned trees, one a document. Anchors, aliases and `<<` are resolved here, because only here it is known how
// much an alias repeats: a file that grows beyond the limit is refused before anything is expanded.

import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type YAMLError,
} from "yaml";
import { limits } from "../../model/limits.ts";
import type { Findings, Place } from "../findings.ts";
import { plainScalar } from "./plain-scalar.ts";
import { type Entry, type Mark, mapping, type Scalar, scalar, sequence, type Tree } from "./tree.ts";

/** The documents of a file. Errors go to `findings`, and a document with an error is left out. */
export function parseYaml(file: string, text: string, findings: Findings): Tree[] {
  const start: Place = { file, line: 1, column: 1 };
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tokens = tokensOf(text, lines);
  if (!tokens) {
    const why = `the file nests deeper than ${limits.composeDepth} levels`;
    findings.error(start, "", why, "Flatten it.");
    return [];
  }
  const trees: Tree[] = [];
  const options = { schema: "failsafe", uniqueKeys: false, prettyErrors: false } as const;
  for (const document of new Composer(options).compose(tokens, false, text.length)) {
    if (document.errors.length > 0) {
      for (const error of document.errors.slice(0, 20)) reportSyntax(error, placeAt(error.pos[0]), findings);
      continue;
    }
    const tree = new Builder(placeAt, findings).build(document);
    if (tree) trees.push(tree);
  }
  return trees;
}

const hints: Partial<Record<YAMLError["code"], string>> = {
  TAB_AS_INDENT: "Indent with blanks.",
  BAD_INDENT: "Give the keys of one mapping the same indentation.",
  MISSING_CHAR: "Add it, or put the text in quotes.",
  BLOCK_AS_IMPLICIT_KEY: "Put text with a colon in quotes.",
  MULTILINE_IMPLICIT_KEY: "Check that the line before ends with a colon, and the indentation.",
  BAD_ALIAS: "Put text that starts with * or & in quotes.",
};

function reportSyntax({ code, message }: YAMLError, place: Place, findings: Findings): void {
  const why = message.replace(/\s+/g, " ").replace(/[.:]$/, "");
  findings.error(place, "not YAML", why, hints[code] ?? "Correct the syntax there.");
}

/** Null for a file that nests too deep: the parser's time would grow with the square of the depth, and composing recurses. */
function tokensOf(text: string, lines: LineCounter): CST.Token[] | null {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The document and a scalar are on the stack, too.
    if (parser.stack.length > limits.composeDepth + 2) return null;
  }
  tokens.push(...parser.end());
  return tokens;
}

/** A tree with the number of values that it stands for, and its depth. */
interface Built {
  tree: Tree;
  size: number;
  depth: number;
}

/** Stops the conversion of a document; the finding is already reported. */
class Refused extends Error {}

class Builder {
  readonly #placeAt: (offset: number) => Place;
  readonly #findings: Findings;
  /** "open" while the anchor's own value is being read. */
  readonly #anchors = new Map<string, Built | "open">();

  constructor(placeAt: (offset: number) => Place, findings: Findings) {
    this.#placeAt = placeAt;
    this.#findings = findings;
  }

  /** Null for an empty document, and for one that is refused. */
  build({ contents }: Document): Tree | null {
    try {
      const { tree } = this.#value(contents, this.#placeAt(0));
      return tree.kind === "scalar" && tree.value === null ? null : tree;
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
  }

  #refuse(place: Place, what: string, why: string, next: string): never {
    this.#findings.error(place, what, why, next);
    throw new Refused();
  }

  #value(node: unknown, fallback: Place): Built {
    if (isAlias(node)) return this.#alias(node.source, this.#placeAt(node.range?.[0] ?? 0));
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return { tree: scalar(null, fallback), size: 1, depth: 0 };
    if (node.anchor) this.#anchors.set(node.anchor, "open");
    const place = node.range ? this.#placeAt(node.range[0]) : fallback;
    const mark = this.#markOf(node.tag, place);
    let built: Built;
    if (isScalar(node)) built = { tree: this.#scalar(node, place, mark), size: 1, depth: 0 };
    else if (isSeq(node)) built = this.#sequence(node.items, place, mark);
    else built = this.#mapping(node.items, place, mark);
    if (built.size > limits.composeValues)
      this.#refuse(place, "", `with its aliases, the file has more than ${limits.composeValues} values`, tooLarge);
    if (built.depth > limits.composeDepth)
      this.#refuse(place, "", `with its aliases, the file nests deeper than ${limits.composeDepth} levels`, tooLarge);
    if (node.anchor) this.#anchors.set(node.anchor, built);
    return built;
  }

  #alias(name: string, place: Place): Built {
    const target = this.#anchors.get(name);
    if (target === "open") this.#refuse(place, `*${name}`, "the alias is inside its own anchor", "Remove it there.");
    if (!target) this.#refuse(place, `*${name}`, "no anchor of this name comes before it", `Write &${name} first.`);
    return { ...target, size: target.size + 1 };
  }

  #markOf(tag: string | undefined, place: Place): Mark | null {
    if (tag === "!reset" || tag === "!override") return tag.slice(1) as Mark;
    if (tag === undefined || tag === "!" || tag.startsWith("tag:yaml.org,2002:")) return null;
    this.#findings.warn(
      place,
      tag,
      "this tag has no meaning in a compose file",
      "Remove it, or write !reset or !override.",
    );
    return null;
  }

  #scalar(
    node: { value: unknown; type?: string; tag?: string; source?: string },
    place: Place,
    mark: Mark | null,
  ): Scalar {
    const text = String(node.value ?? "");
    const isText = node.tag === "tag:yaml.org,2002:str" || node.tag === "!" || (node.type ?? "PLAIN") !== "PLAIN";
    return scalar(isText ? text : plainScalar(text), place, mark);
  }

  #sequence(items: readonly unknown[], place: Place, mark: Mark | null): Built {
    let size = 1;
    let depth = 0;
    const trees: Tree[] = [];
    for (const item of items) {
      const built = this.#value(item, place);
      size += built.size;
      depth = Math.max(depth, built.depth);
      trees.push(built.tree);
    }
    return { tree: sequence(trees, place, mark), size, depth: depth + 1 };
  }

  #mapping(pairs: readonly { key: unknown; value: unknown }[], place: Place, mark: Mark | null): Built {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    let size = 1;
    let depth = 0;
    for (const { key, value } of pairs) {
      const at = isScalar(key) && key.range ? this.#placeAt(key.range[0]) : place;
      if (!isScalar(key)) this.#refuse(at, "", "a key must be text", "Put the key in quotes.");
      const name = String(key.value ?? "");
      if (reserved.includes(name)) this.#refuse(at, name, "the name has a meaning in JavaScript", "Use another name.");
      const built = this.#value(value, at);
      size += built.size;
      depth = Math.max(depth, built.depth);
      if (name === "<<" && key.type === "PLAIN") this.#mergeInto(merged, built.tree);
      else if (own.has(name)) this.#repeated(name, at, own.get(name)!.place);
      else own.set(name, { place: at, value: built.tree });
    }
    const entries = merged.size === 0 ? own : new Map([...merged, ...own]);
    return { tree: mapping(entries, place, mark), size, depth: depth + 1 };
  }

  #repeated(name: string, place: Place, before: Place): void {
    const why = `the key is already in line ${before.line}`;
    this.#findings.error(place, name, why, "Remove one of the two, or give it another name.");
  }

  /** The value of `<<`: a mapping, or a list of them in which the first that has a key gives its value. */
  #mergeInto(merged: Map<string, Entry>, tree: Tree): void {
    const parts = tree.kind === "sequence" ? tree.items : [tree];
    for (const part of parts) {
      if (part.kind !== "mapping")
        this.#refuse(part.place, "<<", "it merges mappings, and this is none", "Write the alias of a mapping.");
      for (const [key, entry] of part.entries) if (!merged.has(key)) merged.set(key, entry);
    }
  }
}

/** As keys of plain objects they would be no data. */
const reserved = ["__proto__", "valueOf", "toString"];

const tooLarge = "Use fewer aliases, or split the file.";
