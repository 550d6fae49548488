// Parses bodies and queries by their schemas. A refusal names the field, what was expected, and what was found.

import type { z } from "zod";
import { ok } from "../../lib/result.ts";
import { formOf } from "../../model/forms.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { asMeant } from "./as-meant.ts";
import { notQuick, quickParse } from "./quick-parse.ts";

type Issue = z.core.$ZodIssue;

/** Parses a JSON body by its schema. */
export function parseBody<S extends z.ZodType>(schema: S, text: string): Outcome<z.output<S>> {
  if (text.length > shallowBytes && isDeep(text)) {
    return refuse("invalid-json", `the body is nested more than ${limits.bodyDepth} levels deep`, {
      hint: "No field needs more than a few.",
      details: { limit: limits.bodyDepth },
    });
  }
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch (error) {
    // The parser quotes what it did not expect.
    const why = hasWriteOnly(schema) ? "" : `: ${(error as Error).message.replace(/^JSON Parse error: /, "")}`;
    return refuse("invalid-json", `the body is not JSON${why}`, {
      hint: "Send one JSON object, with double quotes and no trailing commas.",
    });
  }
  // Only a text with one of these can contain such a key or half character; most have neither.
  const fault = /__proto__|\\u/.test(text) ? findUnsafe(value) : null;
  if (fault) return fault;
  const form = formOf(schema, value);
  if (!form.ok) return form;
  const quick = quickParse(form.value)(value);
  if (quick !== notQuick) return ok(quick as z.output<S>);
  return parseValue(form.value, asMeant(form.value, value), "field") as Outcome<z.output<S>>;
}

/** A shorter text cannot be nested deeply enough to matter. */
const shallowBytes = 4096;

/** Checked before parsing: a megabyte of brackets takes the parser 100 ms, and this function 1 ms. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === openList || code === openObject) {
      if (++depth > limits.bodyDepth) return true;
    } else if (code === closeList || code === closeObject) depth--;
  }
  return false;
}

const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** The index at which the string that begins at `start` ends; the end of the text if it does not end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return text.length;
}

/** JavaScript would silently drop the key `__proto__` and alter half of a surrogate pair. */
function findUnsafe(body: unknown): Outcome<never> | null {
  const left: { value: unknown; path: PropertyKey[] }[] = [{ value: body, path: [] }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { value, path } = next;
    if (typeof value === "string" && !value.isWellFormed()) return unsafe(path, "contains half of a surrogate pair");
    if (typeof value !== "object" || value === null) continue;
    // Deeper than any field: the schema refuses it.
    if (path.length > deepestField) continue;
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (key === "__proto__") return unsafe(at, "is not allowed as a key");
      if (!key.isWellFormed()) return unsafe(path, "has a key with half of a surrogate pair");
      left.push({ value: inner, path: at });
    }
  }
  return null;
}

const deepestField = 8;

function unsafe(path: PropertyKey[], what: string): Outcome<never> {
  const field = fieldName(path);
  return refuse("invalid-field", `${field === "" ? "the body" : `field "${field}"`} ${what}`, {
    hint: "Use another name, and complete characters.",
    details: { field },
  });
}

/** Parses a query by its schema; an operation without one takes no parameters. */
export function parseQuery(schema: z.ZodType | undefined, search: URLSearchParams): Outcome<Record<string, unknown>> {
  const value: Record<string, unknown> = {};
  const repeated: string[] = [];
  for (const key of new Set(search.keys())) {
    if (key === "__proto__") return unknownParameter(key, "Use another name.");
    const values = search.getAll(key);
    value[key] = values.length === 1 ? values[0] : values;
    if (values.length > 1) repeated.push(key);
  }
  const [unknown] = Object.keys(value);
  if (!schema) {
    if (unknown === undefined) return ok({});
    return unknownParameter(unknown, "This operation takes no query parameters.");
  }
  const parsed = parseValue(schema, asMeant(schema, value), "query parameter") as Outcome<Record<string, unknown>>;
  if (parsed.ok || parsed.refusal.code !== "invalid-field") return parsed;
  const field = repeated.find((key) => key === parsed.refusal.details?.field);
  if (field === undefined) return parsed;
  const times = (value[field] as unknown[]).length;
  return refuse("invalid-field", `query parameter "${shortened(field)}" is given ${times} times`, {
    hint: "Give it once.",
    details: { field },
  });
}

function unknownParameter(parameter: string, hint: string): Outcome<never> {
  return refuse("unknown-field", `there is no query parameter "${shortened(parameter)}" here`, {
    hint,
    details: { parameter: shortened(parameter) },
  });
}

function parseValue<S extends z.ZodType>(schema: S, value: unknown, kind: string): Outcome<z.output<S>> {
  const parsed = schema.safeParse(value, { error: expectedType });
  if (parsed.success) return ok(parsed.data);
  const problems = parsed.error.issues.flatMap(flatten).slice(0, problemsShown);
  const first = problems[0]!;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const details = { field: first.field, problems: problems.map(({ field, message }) => ({ field, message })) };
  if (first.unknown) {
    const known = knownKeys(schema, first.path);
    return refuse("unknown-field", `there is no ${kind} "${first.field}"${more}`, {
      hint: known.length > 0 ? `Known here: ${known.join(", ")}.` : "Remove it.",
      details,
    });
  }
  const given = first.ofKey
    ? first.path.at(-1)
    : first.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const where = first.field === "" ? "the body" : `${kind} "${first.field}"`;
  const shown = isWriteOnly(schema, first.path) ? `a value of type ${typeof given}` : shorten(given);
  const got = given === undefined ? "it is missing" : `got ${shown}`;
  return refuse("invalid-field", `${where}: expected ${first.message}; ${got}${more}`, {
    hint: "GET /openapi.json describes every field; /docs shows it as a page.",
    details,
  });
}

/** True for a field of the body whose value no answer may show, and for everything in it. */
function isWriteOnly(schema: z.ZodType, [field]: readonly PropertyKey[]): boolean {
  const known = shapeOf(schema)?.[String(field)] as { meta?: () => { writeOnly?: boolean } | undefined } | undefined;
  return known?.meta?.()?.writeOnly === true;
}

function hasWriteOnly(schema: z.ZodType): boolean {
  return Object.keys(shapeOf(schema) ?? {}).some((field) => isWriteOnly(schema, [field]));
}

/** What a schema without a message of its own expects; completes "expected ...". */
function expectedType(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  return /^[aeio]/.test(issue.expected) ? `an ${issue.expected}` : `a ${issue.expected}`;
}

/** Problems that a refusal names: a body can have tens of thousands. */
const problemsShown = 10;

interface Problem {
  path: PropertyKey[];
  field: string;
  message: string;
  unknown: boolean;
  /** True when the key is refused, and not its value. */
  ofKey?: boolean;
}

function flatten(issue: Issue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, problemsShown).map((key) => problem([...issue.path, key], "no such field", true));
  }
  if (issue.code === "invalid_key") {
    const expected = (issue.issues[0] as { message?: string } | undefined)?.message ?? issue.message;
    return [{ ...problem(issue.path, expected, false), ofKey: true }];
  }
  if (issue.code === "invalid_union") return flattenUnion(issue);
  return [problem(issue.path, issue.message, false)];
}

/** Reports the branch of the union that matched deepest: most likely that form was meant. */
function flattenUnion(issue: Extract<Issue, { code: "invalid_union" }>): Problem[] {
  const inner = issue.errors
    .map((issues) => issues.map((one) => ({ ...one, path: [...issue.path, ...one.path] }) as Issue))
    .filter((issues) => issues.some((one) => one.path.length > issue.path.length || one.code === "unrecognized_keys"));
  const meant = inner[0];
  return meant ? meant.flatMap(flatten) : [problem(issue.path, issue.message, false)];
}

function problem(path: PropertyKey[], message: string, unknown: boolean): Problem {
  return { path, field: fieldName(path), message, unknown };
}

/** ports[0].containerPort */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`))
    .join("")
    .slice(0, limits.nameLength * 4);
}

/** A value for a sentence. It may be a megabyte, or nested too deeply for JSON.stringify. */
function shorten(value: unknown): string {
  if (typeof value === "string") return shortened(JSON.stringify(value.slice(0, shownLength)));
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    return keys.length === 0 ? "{}" : shortened(`an object with ${keys.slice(0, 5).join(", ")}`);
  }
  return JSON.stringify(value) ?? String(value);
}

const shownLength = 80;

function shortened(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength - 3).toWellFormed()}...` : text;
}

/** The known fields of the object in which an unknown one was found; empty if the schema does not list them. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of path.slice(0, -1)) {
    const shape = shapeOf(at);
    at = typeof key === "number" ? elementOf(at) : shape?.[String(key)];
  }
  return Object.keys(shapeOf(at) ?? {});
}

interface Definition {
  shape?: Record<string, unknown>;
  innerType?: unknown;
  element?: unknown;
  in?: unknown;
}

function definition(schema: unknown): Definition {
  return (schema as { def?: Definition } | undefined)?.def ?? {};
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  const { shape, innerType, in: input } = definition(schema);
  if (shape) return shape;
  return innerType || input ? shapeOf(innerType ?? input) : undefined;
}

function elementOf(schema: unknown): unknown {
  const { element, innerType, in: input } = definition(schema);
  return element ?? (innerType || input ? elementOf(innerType ?? input) : undefined);
}
