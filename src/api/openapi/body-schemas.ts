// The schemas of requests' bodies in openapi.json: one for each body that an operation names, by that name.

import type { Operation } from "../operations/operation.ts";
import { operations } from "../operations/operations.ts";
import { bodies } from "../schemas/bodies.ts";
import { describedAlike } from "./described-alike.ts";
import { inputSchema, type Json } from "./json-schemas.ts";

/** `records`: the schemas of records, whose descriptions of fields hold for requests too. */
export function bodySchemas(records: Record<string, Json>): Record<string, Json> {
  const schemas: Record<string, Json> = {};
  const task = withContainers(records.Task!);
  const lists = { properties: Object.fromEntries(templated.map((list) => [list, { items: task }])) };
  for (const operation of Object.values(operations) as Operation[]) {
    const { body, path } = operation;
    if (!body) continue;
    const record = likeIn(path, task, lists, records);
    schemas[body] = { title: body, ...withDefaultsInWords(describedAlike(inputSchema(bodies[body]), record)) };
  }
  return schemas;
}

/** The lists of an app whose members have the fields of a task. */
const templated = ["services", "jobs", "schedules"];

/** What has the same fields as the body. A plan holds the body of another request. */
function likeIn(path: string, task: Json, lists: Json, records: Record<string, Json>): Json {
  if (path === "/api/v1/plan") return { properties: { putService: task, putApp: lists } };
  if (path.startsWith("/api/v1/apps")) return lists;
  return path.startsWith("/api/v1/nodes") ? records.Node! : task;
}

/**
 * Says defaults in the descriptions. Generators of types take a field of a named schema that has a default for one that is
 * always there, also in a request, where it may be left out.
 */
function withDefaultsInWords(value: unknown): Json {
  const { default: byDefault, ...schema } = value as Json;
  const result: Json = { ...schema };
  if (byDefault !== undefined) result.description = `${schema.description} Default: ${JSON.stringify(byDefault)}.`;
  for (const [key, part] of Object.entries(schema)) {
    if (key === "properties") result[key] = mapped(part as Json, withDefaultsInWords);
    else if (key === "anyOf") result[key] = (part as Json[]).map(withDefaultsInWords);
    else if (key === "items" || (key === "additionalProperties" && typeof part === "object"))
      result[key] = withDefaultsInWords(part);
  }
  return result;
}

function mapped(record: Json, change: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** In a report, the containers of a task have the fields that a task shows of its one container. */
function withContainers(task: Json): Json {
  return { ...task, properties: { ...(task.properties as Json), containers: { items: task } } };
}
