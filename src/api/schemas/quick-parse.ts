// A quicker way through a zod schema for values that are valid: objects, unions and transforms are walked here, and only
// their leaves are parsed by zod. It gives what the schema gives, or nothing: then zod parses the value and says what is
// wrong. A property test (quick-parse.test.ts) holds both together.

import type { z } from "zod";

/** The value is invalid, or of a form that is left to zod. */
export const notQuick = Symbol("not quick");

export type QuickParse = (value: unknown) => unknown;

type Schema = z.core.$ZodType;
type Check = z.core.$ZodCheck<unknown>;

/** As much of the definitions of schemas as is read here. */
interface Definition {
  type: string;
  checks?: Check[];
  coerce?: boolean;
  /** Of strings that zod checks by itself, such as times. */
  format?: string;
  keyType?: Schema;
  valueType?: Schema;
  shape?: Record<string, Schema>;
  catchall?: Schema;
  innerType?: Schema;
  in?: Schema;
  out?: Schema;
  options?: readonly Schema[];
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
  const parse = compileType(schema);
  return checks.length === 0 || parse === null ? (parse ?? leaf(schema)) : checked(parse, checks);
}

/** Null for a type that is left to zod, with its checks. */
function compileType(schema: Schema): QuickParse | null {
  const {
    type,
    coerce,
    format,
    shape,
    catchall,
    innerType,
    in: input,
    out,
    options,
    keyType,
    valueType,
  } = definitionOf(schema);
  if (type === "string" && !coerce && !format) return text;
  if (type === "record" && keyType && valueType) return record(compile(keyType), compile(valueType));
  if (type === "object" && shape && catchall && definitionOf(catchall).type === "never") return strictObject(shape);
  if (type === "optional" && innerType) return unless(undefined, compile(innerType));
  if (type === "nullable" && innerType) return unless(null, compile(innerType));
  if (type === "pipe" && input && out) return pipe(compile(input), leaf(out));
  if (type === "union" && options) return union(options.map(compile));
  return null;
}

function text(value: unknown): unknown {
  return typeof value === "string" ? value : notQuick;
}

/** A check may also replace the value. */
function checked(parse: QuickParse, checks: readonly Check[]): QuickParse {
  return (value) => {
    const parsed = parse(value);
    if (parsed === notQuick) return notQuick;
    const payload: z.core.ParsePayload = { value: parsed, issues: [] };
    for (const { _zod } of checks) {
      if (_zod.def.when && !_zod.def.when(payload)) continue;
      if (_zod.check(payload) instanceof Promise || payload.issues.length > 0) return notQuick;
    }
    return payload.value;
  };
}

function record(parseKey: QuickParse, parseValue: QuickParse): QuickParse {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return notQuick;
    const result: Record<string, unknown> = {};
    for (const key in value) {
      if (key === "__proto__" || parseKey(key) !== key) return notQuick;
      const parsed = parseValue((value as Record<string, unknown>)[key]);
      if (parsed === notQuick) return notQuick;
      result[key] = parsed;
    }
    return result;
  };
}

const context: z.core.ParseContextInternal = { async: false };

function leaf(schema: Schema): QuickParse {
  return (value) => {
    const result = schema._zod.run({ value, issues: [] }, context);
    return result instanceof Promise || result.issues.length > 0 ? notQuick : result.value;
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

/** As zod does it: the first branch that the value fits. */
function union(branches: readonly QuickParse[]): QuickParse {
  return (value) => {
    for (const parse of branches) {
      const parsed = parse(value);
      if (parsed !== notQuick) return parsed;
    }
    return notQuick;
  };
}

interface Field {
  key: string;
  parse: QuickParse;
  /** For a field that is absent: its default, or a failure. Null if it may be absent. */
  absent: QuickParse | null;
}

/** The result has the order of the schema's fields, as zod's has: it is what is fingerprinted. */
function strictObject(shape: Record<string, Schema>): QuickParse {
  const fields: Field[] = Object.entries(shape).map(([key, schema]) => ({
    key,
    parse: quickParse(schema),
    absent: mayBeAbsent(schema) ? null : leaf(schema),
  }));
  const byKey = new Map(fields.map((field, index) => [field.key, { ...field, index }]));
  const completed = fields.filter(({ absent }) => absent !== null);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return notQuick;
    const given = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    let ordered = true;
    let last = -1;
    for (const key in given) {
      const field = byKey.get(key);
      if (!field) return notQuick;
      const parsed = field.parse(given[key]);
      if (parsed === notQuick) return notQuick;
      result[key] = parsed;
      ordered &&= field.index > last;
      last = field.index;
    }
    for (const { key, absent } of completed) {
      if (key in result) continue;
      const byDefault = absent!(undefined);
      if (byDefault === notQuick) return notQuick;
      result[key] = byDefault;
      ordered = false;
    }
    return ordered ? result : inOrder(result, fields);
  };
}

function inOrder(result: Record<string, unknown>, fields: readonly Field[]): Record<string, unknown> {
  const sorted: Record<string, unknown> = {};
  for (const { key } of fields) if (key in result) sorted[key] = result[key];
  return sorted;
}

function mayBeAbsent(schema: Schema): boolean {
  const { type, innerType } = definitionOf(schema);
  return type === "optional" && innerType?._zod.optin !== "defaulted";
}
