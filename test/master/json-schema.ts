// Checks a value against a JSON Schema, for the keywords that openapi.json uses. Any other keyword is an error, so that
// nothing is left unchecked unnoticed.

type Schema = Record<string, unknown>;

/** Say something about a value, but nothing that could be wrong about it. */
const silent = new Set(["writeOnly", "description", "default", "$schema", "title", "examples"]);

type Check = (rule: never, value: unknown, schema: Schema, root: Schema) => string[];

const checks: Record<string, Check> = {
  $ref: (rule: string, value, _, root) => faults(resolve(root, rule), value, root),
  type: (rule: string | string[], value) =>
    [rule].flat().some((type) => isOf(type, value)) ? [] : [`is no ${[rule].flat().join(" or ")}`],
  enum: (rule: unknown[], value) => (rule.includes(value) ? [] : [`is none of ${rule.join(", ")}`]),
  const: (rule: unknown, value) => (rule === value ? [] : [`is not ${rule}`]),
  pattern: (rule: string, value) =>
    typeof value !== "string" || new RegExp(rule).test(value) ? [] : [`does not match ${rule}`],
  format: (rule: string, value) =>
    rule !== "date-time" || typeof value !== "string" || new Date(value).toISOString() === value ? [] : ["is no time"],
  minLength: (rule: number, value) => (typeof value !== "string" || value.length >= rule ? [] : ["is too short"]),
  maxLength: (rule: number, value) => (typeof value !== "string" || value.length <= rule ? [] : ["is too long"]),
  minimum: (rule: number, value) => (typeof value !== "number" || value >= rule ? [] : [`is below ${rule}`]),
  maximum: (rule: number, value) => (typeof value !== "number" || value <= rule ? [] : [`is above ${rule}`]),
  minItems: (rule: number, value) => (!Array.isArray(value) || value.length >= rule ? [] : ["has too few entries"]),
  maxItems: (rule: number, value) => (!Array.isArray(value) || value.length <= rule ? [] : ["has too many entries"]),
  anyOf: (rule: Schema[], value, _, root) =>
    rule.some((one) => faults(one, value, root).length === 0) ? [] : ["fits no branch of anyOf"],
  items: (rule: Schema, value, _, root) =>
    Array.isArray(value) ? value.flatMap((one, index) => under(`[${index}]`, faults(rule, one, root))) : [],
  required: (rule: string[], value) =>
    isOf("object", value) ? rule.filter((key) => !(key in (value as object))).map((key) => `lacks ${key}`) : [],
  properties: (rule: Record<string, Schema>, value, _, root) =>
    isOf("object", value)
      ? Object.entries(value as Schema).flatMap(([key, one]) =>
          rule[key] ? under(`.${key}`, faults(rule[key], one, root)) : [],
        )
      : [],
  additionalProperties: (rule: Schema | boolean, value, { properties = {} }, root) => {
    if (!isOf("object", value)) return [];
    const others = Object.entries(value as Schema).filter(([key]) => !(key in (properties as object)));
    if (rule === true) return [];
    if (rule === false) return others.map(([key]) => `has ${key}, which may not be there`);
    return others.flatMap(([key, one]) => under(`.${key}`, faults(rule, one, root)));
  },
  propertyNames: (rule: Schema, value, _, root) =>
    isOf("object", value)
      ? Object.keys(value as object).flatMap((key) => under(`key ${key}`, faults(rule, key, root)))
      : [],
};

/** What is wrong with the value, one sentence each, with the path; none: it fits. */
export function faults(schema: Schema, value: unknown, root: Schema): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (silent.has(keyword)) return [];
    const check = checks[keyword];
    return check ? check(rule as never, value, schema, root) : [`the schema has the unknown keyword ${keyword}`];
  });
}

/** Fields of an answer that its schema does not have: they would be missing from the documents. */
export function unspoken(schema: Schema, value: unknown, root: Schema): string[] {
  const { $ref, properties, items } = schema as { $ref?: string; properties?: Record<string, Schema>; items?: Schema };
  if ($ref) return unspoken(resolve(root, $ref), value, root);
  if (Array.isArray(value)) return items ? value.flatMap((one) => unspoken(items, one, root)) : [];
  if (!properties || !isOf("object", value)) return [];
  return Object.entries(value as Schema).flatMap(([key, one]) =>
    properties[key] ? under(`.${key}`, unspoken(properties[key], one, root)) : [`.${key}`],
  );
}

function resolve(root: Schema, reference: string): Schema {
  const found = reference
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((at, key) => (at as Schema | undefined)?.[key], root);
  if (!found) throw new Error(`${reference} leads nowhere`);
  return found as Schema;
}

function under(path: string, found: string[]): string[] {
  return found.map((one) => (/^[.[]/.test(one) ? path + one : `${path} ${one}`));
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}
