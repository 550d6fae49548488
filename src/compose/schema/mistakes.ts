// Checks a document by the compose schema, and says in plain words what is wrong at which key and what may stand there. The
// check itself is compiled from the published schema (scripts/compose-schema.ts).

import { validate } from "../../../build/compose/validator.ts";
import { isObject } from "../../lib/is-object.ts";
import { unknownKey } from "./unknown-key.ts";
import { foundText, orList, shown, typesText } from "./words.ts";

export interface SchemaMistake {
  /** The key or the item that is wrong: names of keys, and numbers of items from 0. */
  path: (string | number)[];
  /** A sentence without the path. */
  message: string;
}

/** One failed keyword of the schema, as ajv reports it. */
interface SchemaError {
  /** A JSON pointer into the value. */
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
}

/** `errors` belongs to the last call. */
const fits = validate as { (value: unknown): boolean; errors: readonly SchemaError[] | null };

/** An error at its place in the value. */
interface Failure {
  place: (string | number)[];
  keyword: string;
  params: Record<string, unknown>;
  value: unknown;
}

/** What is wrong in a value that was read from a compose file; empty if it fits. */
export function schemaMistakes(value: unknown): SchemaMistake[] {
  return fits(value) ? [] : settled(fits.errors ?? [], value).map(mistakeOf);
}

/**
 * Of an alternative (oneOf) the errors of its branches come first and the failed alternative after them. They are put
 * together here, so that one value has one mistake.
 */
function settled(errors: readonly SchemaError[], value: unknown): Failure[] {
  const open: Failure[] = [];
  for (const { instancePath, keyword, params } of errors) {
    const failure: Failure = { keyword, params, ...resolve(value, instancePath) };
    if (keyword !== "oneOf") {
      open.push(failure);
      continue;
    }
    let first = open.length;
    while (first > 0 && startsWith(open[first - 1]!.place, failure.place)) first--;
    open.push(...oneMistake(open.splice(first), failure));
  }
  return open;
}

/**
 * The branch that was meant is the one whose type fits: then its own errors count. If none fits, the mistake is that the value
 * has none of the types.
 */
function oneMistake(branches: readonly Failure[], whole: Failure): Failure[] {
  const here = (one: Failure) => one.place.length === whole.place.length && ["type", "enum"].includes(one.keyword);
  const inner = branches.filter((one) => !here(one));
  if (inner.length > 0) return inner;
  const list = (field: string) => branches.flatMap(({ params }) => (params[field] as string[] | undefined) ?? []);
  const types = [...new Set(list("type"))];
  const allowedValues = list("allowedValues");
  const kept = allowedValues.length > 0 ? types.filter((type) => type !== "string") : types;
  return [
    { ...whole, keyword: "type", params: { type: kept, ...(allowedValues.length > 0 ? { allowedValues } : {}) } },
  ];
}

function resolve(value: unknown, pointer: string): { place: (string | number)[]; value: unknown } {
  const place: (string | number)[] = [];
  let at = value;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    place.push(Array.isArray(at) ? Number(name) : name);
    at = Array.isArray(at) ? at[Number(name)] : isObject(at) ? at[name] : undefined;
  }
  return { place, value: at };
}

function startsWith(place: readonly (string | number)[], prefix: readonly (string | number)[]): boolean {
  return place.length >= prefix.length && prefix.every((part, index) => place[index] === part);
}

const forms: Record<string, string> = {
  container_name: "letters, digits, '_', '.' and '-', at least two, and a letter or digit first",
  pull_policy: "always, missing, never, build, daily, weekly, or every_ with a duration such as every_12h",
};

function mistakeOf({ place, keyword, params, value }: Failure): SchemaMistake {
  const at = (message: string, path = place): SchemaMistake => ({ path, message });
  switch (keyword) {
    case "type":
      return at(`expected ${expected(params)}, found ${foundText(value)}`);
    case "enum":
      return at(`expected ${expected(params)}, found ${foundText(value)}`);
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const below = isObject(value) ? value[key] : undefined;
      return at(unknownKey(place, key, below), [...place, key]);
    }
    case "required":
      return at(`the key ${String(params.missingProperty)} is missing`);
    case "uniqueItems": {
      const [first, second] = [Number(params.i), Number(params.j)].sort((left, right) => left - right) as [
        number,
        number,
      ];
      const item = Array.isArray(value) ? shown(value[second]) : "";
      return at(`stands twice in the list: ${item} is also item ${first + 1}`, [...place, second]);
    }
    case "minimum":
      return at(`expected at least ${String(params.limit)}, found ${foundText(value)}`);
    case "maximum":
      return at(`expected at most ${String(params.limit)}, found ${foundText(value)}`);
    case "pattern": {
      const form = forms[String(place.at(-1))] ?? `a text that fits ${String(params.pattern)}`;
      return at(`expected ${form}, found ${foundText(value)}`);
    }
    default:
      return at(`does not fit the schema (${keyword})`);
  }
}

function expected(params: Record<string, unknown>): string {
  const values = ((params.allowedValues as unknown[] | undefined) ?? []).map(String);
  const types = typesText([params.type].flat().filter((type) => typeof type === "string"));
  return orList([...values, ...types]);
}
