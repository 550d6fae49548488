// Files of variables as compose reads them (.env, --env-file, env_file): quotes, comments, `export`, values of several lines in
// quotes, and variables in values. `podling run --env-file` reads docker's simpler form instead (src/cli/commands/task/env-file.ts).

import { withoutByteOrderMark } from "../../lib/byte-order-mark.ts";
import type { Findings, Place } from "../findings.ts";
import { interpolateText, type Variables } from "../interpolation/interpolate.ts";

export interface Variable {
  value: string;
  place: Place;
}

/**
 * The variables of a file, in its order; of a name that is there twice, the last one. In values, variables of `outer` go before
 * those of the same file. A name alone takes its value from `outer`, and is left out if it has none there.
 */
export function parseEnvText(file: string, text: string, outer: Variables, findings: Findings): Map<string, Variable> {
  return new EnvText(file, withoutByteOrderMark(text).replaceAll("\r\n", "\n"), outer, findings).read();
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", '"': '"', "\\": "\\" },
  // What stands for a literal $ when variables are replaced.
  $: "$$",
};

class EnvText {
  readonly #file: string;
  readonly #text: string;
  readonly #outer: Variables;
  readonly #findings: Findings;
  readonly #found = new Map<string, Variable>();
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string, outer: Variables, findings: Findings) {
    this.#file = file;
    this.#text = text;
    this.#outer = outer;
    this.#findings = findings;
  }

  read(): Map<string, Variable> {
    for (;;) {
      this.#skip(/[\s]*/y);
      if (this.#at >= this.#text.length) return this.#found;
      if (this.#text[this.#at] === "#") this.#skip(/[^\n]*/y);
      else this.#statement();
    }
  }

  #place(): Place {
    return { file: this.#file, line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  /** Moves over what the sticky pattern matches, and returns it. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? "";
    for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1)) {
      this.#line++;
      this.#lineStart = this.#at + index + 1;
    }
    this.#at += text.length;
    return text;
  }

  #statement(): void {
    this.#skip(/export[ \t]+(?=[^=:\s])/y);
    const place = this.#place();
    const name = this.#skip(/[\p{L}\p{N}_.\-[\]]*/uy);
    this.#skip(/[ \t]*/y);
    const next = this.#text[this.#at];
    if (name === "" || (next !== undefined && !"=:\n#".includes(next))) {
      this.#findings.error(
        place,
        "",
        `expected NAME=VALUE, and not ${this.#restOfLine()}`,
        "Correct the line, or start it with #.",
      );
      this.#skip(/[^\n]*/y);
      return;
    }
    if (next === "=" || next === ":") {
      this.#at++;
      this.#skip(/[ \t]*/y);
      const value = this.#value(name);
      if (value !== null) this.#set(name, value, place);
      return;
    }
    const inherited = this.#outer.lookup(name);
    if (inherited !== undefined) this.#set(name, inherited, place);
  }

  #set(name: string, value: string, place: Place): void {
    this.#found.delete(name);
    this.#found.set(name, { value, place });
  }

  #restOfLine(): string {
    return JSON.stringify(this.#text.slice(this.#lineStart).split("\n", 1)[0]!.slice(0, 40));
  }

  #value(name: string): string | null {
    const place = this.#place();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") {
      const line = this.#skip(/[^\n]*/y);
      return this.#expanded(name, line.split(" #", 1)[0]!.trimEnd(), place);
    }
    const quoted = this.#skip(quote === '"' ? /"(?:[^"\\]|\\[\s\S])*"/y : /'(?:[^'\\]|\\[\s\S])*'/y);
    if (quoted === "") {
      this.#findings.error(place, name, "the quote has no end", `Add ${quote} after the value.`);
      this.#at = this.#text.length;
      return null;
    }
    this.#afterQuote(name);
    const inside = quoted.slice(1, -1);
    return quote === "'" ? inside.replaceAll("\\'", "'") : this.#expanded(name, unescaped(inside), place);
  }

  #afterQuote(name: string): void {
    const place = this.#place();
    const rest = this.#skip(/[^\n]*/y).trim();
    if (rest === "" || rest.startsWith("#")) return;
    this.#findings.error(
      place,
      name,
      `${JSON.stringify(rest.slice(0, 40))} follows the closing quote`,
      "Put all of the value in quotes.",
    );
  }

  #expanded(name: string, text: string, place: Place): string | null {
    const lookup = (variable: string) => this.#outer.lookup(variable) ?? this.#found.get(variable)?.value;
    return interpolateText(text, { place, what: name }, { lookup, warned: this.#outer.warned }, this.#findings);
  }
}

/** Escapes of a double-quoted value. An unknown one stays as it is. */
function unescaped(text: string): string {
  return text.replace(/\\(?:0([0-7]{1,3})|([\s\S]))/g, (all, octal: string | undefined, char: string | undefined) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return escapes[char ?? ""] ?? all;
  });
}
