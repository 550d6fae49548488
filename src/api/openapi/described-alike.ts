// Descriptions of fields in requests. A field that a request and a record have in common is described once, at the record.

import type { Json } from "./json-schemas.ts";

/** `schema` with the descriptions of `record` for fields that have none of their own, at every depth. */
export function describedAlike(schema: Json, record: Json): Json {
  const { properties, items, anyOf } = schema as { properties?: Record<string, Json>; items?: Json; anyOf?: Json[] };
  const known = fieldsOf(record);
  return {
    ...schema,
    ...(properties ? { properties: Object.fromEntries(describedFields(properties, known)) } : {}),
    ...(items ? { items: describedAlike(items, itemsOf(record)) } : {}),
    ...(anyOf ? { anyOf: anyOf.map((branch) => describedAlike(branch, record)) } : {}),
  };
}

function describedFields(properties: Record<string, Json>, known: Record<string, Json>): [string, Json][] {
  return Object.entries(properties).map(([name, field]) => {
    const like = known[name];
    if (!like) return [name, field];
    const inner = describedAlike(field, like);
    return [
      name,
      inner.description === undefined && like.description ? { ...inner, description: like.description } : inner,
    ];
  });
}

/** The fields of a schema, and of those of its branches that are objects. */
function fieldsOf({
  properties = {},
  anyOf = [],
}: {
  properties?: Record<string, Json>;
  anyOf?: Json[];
}): Record<string, Json> {
  return Object.assign({}, ...anyOf.map(fieldsOf), properties);
}

function itemsOf({ items, anyOf = [] }: { items?: Json; anyOf?: Json[] }): Json {
  return items ?? anyOf.map(itemsOf).find((one) => Object.keys(one).length > 0) ?? {};
}
