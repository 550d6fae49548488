// Variables in one text: $V, ${V}, ${V:-d}, ${V-d}, ${V:?m}, ${V?m}, ${V:+a}, ${V+a} and $$. A default, a message and an
// alternative are texts with variables themselves.

import { ok, type Result, refused } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";

/** Undefined if the variable is not set. */
export type Lookup = (name: string) => string | undefined;

export interface Substituted {
  text: string;
  /** Variables that are not set and have no default. Each counts as an empty text. */
  unset: string[];
}

export interface SubstitutionFault {
  why: string;
  next: string;
}

const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y;
const operatorAt = /:?[-?+]/y;

export function substitute(text: string, lookup: Lookup): Result<Substituted, SubstitutionFault> {
  if (!text.includes("$")) return ok({ text, unset: [] });
  const run = new Substitution(lookup);
  const result = run.expand(text, 0);
  return run.fault ? refused(run.fault) : ok({ text: result, unset: run.unset });
}

class Substitution {
  readonly unset: string[] = [];
  fault: SubstitutionFault | null = null;
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** The text with its variables replaced. After a fault the result is of no use. */
  expand(text: string, depth: number): string {
    if (depth > limits.composeDepth) return this.#fail("defaults are nested too deep", "Use fewer levels of defaults.");
    let out = "";
    let at = 0;
    while (this.fault === null) {
      const dollar = text.indexOf("$", at);
      if (dollar < 0) return this.#bounded(out + text.slice(at));
      out = this.#bounded(out + text.slice(at, dollar));
      const next = text[dollar + 1];
      if (next === "$") {
        out += "$";
        at = dollar + 2;
      } else if (next === "{") {
        const end = closingBrace(text, dollar + 1);
        if (end < 0) return this.#fail(`${shown(text.slice(dollar))} has no closing brace`, literal);
        out += this.#braced(text.slice(dollar + 2, end), depth);
        at = end + 1;
      } else {
        const name = matchAt(nameAt, text, dollar + 1);
        out += name === "" ? "$" : this.#valueOf(name);
        at = dollar + 1 + name.length;
      }
    }
    return "";
  }

  #braced(inside: string, depth: number): string {
    const name = matchAt(nameAt, inside, 0);
    const operator = matchAt(operatorAt, inside, name.length);
    const rest = inside.slice(name.length + operator.length);
    if (name === "" || (operator === "" && rest !== ""))
      return this.#fail(`${shown(`\${${inside}}`)} is no variable`, literal);
    if (operator === "") return this.#valueOf(name);
    const value = this.#lookup(name);
    const isSet = value !== undefined && !(operator.startsWith(":") && value === "");
    if (operator.endsWith("+")) return isSet ? this.expand(rest, depth + 1) : "";
    if (isSet) return value;
    const other = this.expand(rest, depth + 1);
    if (operator.endsWith("-") || this.fault) return other;
    const state = value === undefined ? "is not set" : "is empty";
    const why = `the variable ${name} ${state}${other === "" ? "" : `: ${other}`}`;
    return this.#fail(why, `Set it in the environment or in .env: ${name}=VALUE.`);
  }

  #valueOf(name: string): string {
    const value = this.#lookup(name);
    if (value === undefined && !this.unset.includes(name)) this.unset.push(name);
    return value ?? "";
  }

  #bounded(text: string): string {
    if (text.length <= limits.composeFileBytes) return text;
    return this.#fail(
      `with its variables, the value has more than ${limits.composeFileBytes} characters`,
      "Shorten it.",
    );
  }

  #fail(why: string, next: string): string {
    this.fault ??= { why, next };
    return "";
  }
}

const literal = `Write \${NAME} or \${NAME:-default}; a $ that is meant literally is $$.`;

/** The sticky match at an index; empty if there is none. */
function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? "";
}

/** The index of the brace that closes the one at `open`; -1 if there is none. Braces of a default count, as in `${V:-{"a":1}}`. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    if (text[index] === "{") depth++;
    else if (text[index] === "}" && --depth === 0) return index;
  }
  return -1;
}

const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
