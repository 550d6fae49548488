// Parses valid values faster than zod does: the usual types and checks of a schema are compiled to plain functions, and the
// rest is left to zod. The result is that of the schema, or `notQuick`: then zod parses the value and says what is wrong. A
// property test (quick-parse.test.ts) compares both.

import type { z } from "zod";
import { isObject } from "../../lib/is-object.ts";

/** The value is invalid, or of a form that is left to zod. */
export const notQuick = Symbol("not quick");

/** May return the value itself, or parts of it. */
export type QuickParse = (value: unknown) => unknown;

type Schema = z.core.$ZodType;
type Check = z.core.$ZodCheck<unknown>;
type Test = (value: unknown) => boolean;

/** The parts of zod's schema definitions that are read here. */
interface Definition {
  type: string;
  checks?: Check[];
  coerce?: boolean;
  /** Set for strings and numbers with a form of their own, such as times; zod checks these. */
  format?: string;
  entries?: Record<string, string>;
  keyType?: Schema;
  valueType?: Schema;
  shape?: Record<string, Schema>;
  catchall?: Schema;
  innerType?: Schema;
  element?: Schema;
  in?: Schema;
  out?: Schema;
  options?: readonly Schema[];
  transform?: (value: unknown, context: { addIssue(): void }) => unknown;
}

/** The parts of zod's check definitions that are read here. */
interface CheckDefinition {
  check: string;
  format?: string;
  pattern?: RegExp;
  maximum?: number;
  fn?: (value: unknown) => unknown;
}

const compiled = new WeakMap<Schema, QuickParse>();

export function quickParse(schema: Schema): QuickParse {
  let parse = compiled.get(schema);
  if (!parse) {
    parse = compile(schema);
    compiled.set(schema, parse);
  }
  return parse;
}

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

function compile(schema: Schema): QuickParse {
  const { checks = [] } = definitionOf(schema);
  const parse = compileType(definitionOf(schema));
  if (parse === null) return leaf(schema);
  const tests = checks.map(testOf);
  if (tests.length === 0) return parse;
  return tests.includes(null) ? leaf(schema) : tested(parse, tests as Test[]);
}

/** Null for a type that is left to zod, with its checks. */
function compileType(definition: Definition): QuickParse | null {
  const { type, coerce, format, catchall, innerType, in: input, out } = definition;
  const { shape, options, keyType, valueType, element, entries, transform } = definition;
  if (coerce || format) return null;
  if (type === "string" || type === "boolean") return (value) => (typeof value === type ? value : notQuick);
  if (type === "number") return (value) => (Number.isFinite(value) ? value : notQuick);
  if (type === "enum" && entries) return oneOf(new Set<unknown>(Object.values(entries)));
  // Of a record whose key is an enum, zod demands every key.
  if (type === "record" && keyType && valueType && definitionOf(keyType).type === "string")
    return record(compile(keyType), compile(valueType));
  if (type === "array" && element) return list(compile(element));
  if (type === "object" && shape && catchall && definitionOf(catchall).type === "never") return strictObject(shape);
  if (type === "optional" && innerType) return unless(undefined, compile(innerType));
  if (type === "nullable" && innerType) return unless(null, compile(innerType));
  if (type === "pipe" && input && out) return pipe(compile(input), compile(out));
  if (type === "transform" && transform) return transformed(transform);
  if (type === "union" && options) return union(options.map(compile));
  return null;
}

/** Null for a check that is left to zod. A longer string may still have few enough characters: that is left to zod too. */
function testOf({ _zod }: Check): Test | null {
  const { check, format, pattern, maximum, fn } = _zod.def as unknown as CheckDefinition;
  if (check === "max_length") return (value) => (value as { length: number }).length <= maximum!;
  if (check === "string_format" && format === "regex" && pattern && !pattern.global && !pattern.sticky)
    return (value) => pattern.test(value as string);
  if (check === "custom" && fn) return (value) => fn(value) === true;
  return null;
}

function tested(parse: QuickParse, tests: readonly Test[]): QuickParse {
  return (value) => {
    const parsed = parse(value);
    if (parsed === notQuick) return notQuick;
    for (const test of tests) if (!test(parsed)) return notQuick;
    return parsed;
  };
}

const context: z.core.ParseContextInternal = { async: false };

function leaf(schema: Schema): QuickParse {
  return (value) => {
    const result = schema._zod.run({ value, issues: [] }, context);
    return result instanceof Promise || result.issues.length > 0 ? notQuick : result.value;
  };
}

function oneOf(values: ReadonlySet<unknown>): QuickParse {
  return (value) => (values.has(value) ? value : notQuick);
}

/** Gives the value itself if the schemas of its keys and values do not change them. */
function record(parseKey: QuickParse, parseValue: QuickParse): QuickParse {
  return (value) => {
    if (!isObject(value)) return notQuick;
    for (const key in value) {
      if (key === "__proto__" || parseKey(key) !== key || parseValue(value[key]) !== value[key]) return notQuick;
    }
    return value;
  };
}

function list(parse: QuickParse): QuickParse {
  return (value) => {
    if (!Array.isArray(value)) return notQuick;
    const result = value.map(parse);
    return result.includes(notQuick) ? notQuick : result;
  };
}

function unless(exempt: undefined | null, inner: QuickParse): QuickParse {
  return (value) => (value === exempt ? value : inner(value));
}

function pipe(first: QuickParse, second: QuickParse): QuickParse {
  return (value) => {
    const between = first(value);
    return between === notQuick ? notQuick : second(between);
  };
}

function transformed(transform: NonNullable<Definition["transform"]>): QuickParse {
  return (value) => {
    let failed = false;
    const result = transform(value, {
      addIssue: () => {
        failed = true;
      },
    });
    return failed || result instanceof Promise ? notQuick : result;
  };
}

/** Takes the first branch that the value fits, as zod does. */
function union(branches: readonly QuickParse[]): QuickParse {
  return (value) => {
    for (const parse of branches) {
      const parsed = parse(value);
      if (parsed !== notQuick) return parsed;
    }
    return notQuick;
  };
}

/**
 * A function made from source, as zod's own: with each field's name in the text, the platform reads and writes it several
 * times faster than by a variable. The result has the order of the schema's fields, as zod's has: it is what is
 * fingerprinted.
 */
function strictObject(shape: Record<string, Schema>): QuickParse {
  const keys = Object.keys(shape);
  if (keys.some((key) => key in Object.prototype)) return () => notQuick;
  const parses = keys.map((key) => quickParse(shape[key]!));
  // For a field that is absent: its default, or a failure. Null if it may be absent.
  const absent = keys.map((key) => (mayBeAbsent(shape[key]!) ? null : leaf(shape[key]!)));
  const steps = keys.map((key, index) => {
    const name = JSON.stringify(key);
    return `
      if ((field = value[${name}]) !== undefined) {
        known++;
        if ((field = parses[${index}](field)) === notQuick) return notQuick;
        result[${name}] = field;
      }${absent[index] === null ? "" : absentStep(index, name)}`;
  });
  const source = `return (value) => {
    if (!isObject(value)) return notQuick;
    const result = {};
    let known = 0, given = 0, field;
    ${steps.join("")}
    for (const key in value) given++;
    return given === known ? result : notQuick;
  };`;
  return new Function("parses", "absent", "notQuick", "isObject", source)(parses, absent, notQuick, isObject);
}

function absentStep(index: number, name: string): string {
  return ` else {
        if ((field = absent[${index}](undefined)) === notQuick) return notQuick;
        result[${name}] = field;
      }`;
}

function mayBeAbsent(schema: Schema): boolean {
  const { type, innerType } = definitionOf(schema);
  return type === "optional" && innerType?._zod.optin !== "defaulted";
}
