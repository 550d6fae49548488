// Turns what came in into what an operation takes, or into a refusal that names the field and what was expected.

import type { z } from "zod";
import { ok } from "../lib/result.ts";
import { limits } from "../model/limits.ts";
import { type Outcome, refuse } from "../model/refusal.ts";

type Issue = z.core.$ZodIssue;

/** Parses a JSON body by its schema. */
export function parseBody<S extends z.ZodType>(schema: S, text: string): Outcome<z.output<S>> {
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch (error) {
    return refuse(
      "invalid-json",
      `the body is not JSON: ${(error as Error).message.replace(/^JSON Parse error: /, "")}`,
      {
        hint: "Send one JSON object, with double quotes and no trailing commas.",
      },
    );
  }
  // Such a key would be dropped without a word: the language has a meaning of its own for it.
  if (/"__proto__"\s*:/.test(text)) {
    return refuse("invalid-field", 'the key "__proto__" is not taken', {
      hint: "Use another name.",
      details: { field: "__proto__" },
    });
  }
  return parseValue(schema, value, "field");
}

/** Parses a query by its schema; an operation without one takes no parameters. */
export function parseQuery(schema: z.ZodType | undefined, search: URLSearchParams): Outcome<Record<string, unknown>> {
  const value: Record<string, unknown> = {};
  for (const key of new Set(search.keys())) {
    const values = search.getAll(key);
    value[key] = values.length === 1 ? values[0] : values;
  }
  const [unknown] = Object.keys(value);
  if (!schema) {
    if (unknown === undefined) return ok({});
    return refuse("unknown-field", `there is no query parameter "${unknown}" here`, {
      hint: "This operation takes no query parameters.",
      details: { parameter: unknown },
    });
  }
  return parseValue(schema, value, "query parameter") as Outcome<Record<string, unknown>>;
}

function parseValue<S extends z.ZodType>(schema: S, value: unknown, kind: string): Outcome<z.output<S>> {
  const parsed = schema.safeParse(value, { error: expectedType });
  if (parsed.success) return ok(parsed.data);
  const problems = parsed.error.issues.flatMap(flatten).slice(0, 10);
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
  const given = first.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const where = first.field === "" ? "the body" : `${kind} "${first.field}"`;
  const got = given === undefined ? "it is missing" : `got ${shorten(given)}`;
  return refuse("invalid-field", `${where}: expected ${first.message}; ${got}${more}`, {
    hint: "GET /openapi.json describes every field; /docs shows it as a page.",
    details,
  });
}

/** What a schema without words of its own expects, in words that complete "expected ...". */
function expectedType(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  return /^[aeio]/.test(issue.expected) ? `an ${issue.expected}` : `a ${issue.expected}`;
}

interface Problem {
  path: PropertyKey[];
  field: string;
  message: string;
  unknown: boolean;
}

function flatten(issue: Issue): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => problem([...issue.path, key], "no such field", true));
  }
  if (issue.code === "invalid_key") {
    const expected = (issue.issues[0] as { message?: string } | undefined)?.message ?? issue.message;
    return [problem(issue.path, expected, false)];
  }
  if (issue.code === "invalid_union") return flattenUnion(issue);
  return [problem(issue.path, issue.message, false)];
}

/** Of a union's branches, the one whose complaint lies deepest is the one that was meant. */
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

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The fields of the object in which an unknown one was found, where the schema says so plainly. */
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
