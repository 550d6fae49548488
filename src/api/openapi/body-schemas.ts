// The schemas of requests' bodies in openapi.json: one for each body of the table of operations, by the title of its schema.

import type { z } from "zod";
import type { Operation } from "../operations/operation.ts";
import { operations } from "../operations/operations.ts";
import { describedAlike } from "./described-alike.ts";
import { inputSchema, type Json } from "./json-schemas.ts";

/** `records`: the schemas of records, whose descriptions of fields hold for requests too. */
export function bodySchemas(records: Record<string, Json>): Record<string, Json> {
  const schemas: Record<string, Json> = {};
  const task = withContainers(records.Task!);
  for (const operation of Object.values(operations) as Operation[]) {
    const { body, path } = operation;
    if (!body) continue;
    const record = path.startsWith("/api/v1/tasks") ? task : records.Node!;
    schemas[bodyName(body)] = describedAlike(inputSchema(body), record);
  }
  return schemas;
}

/** In a report, the containers of a task have the fields that a task shows of its one container. */
function withContainers(task: Json): Json {
  return { ...task, properties: { ...(task.properties as Json), containers: { items: task } } };
}

export function bodyName(body: z.ZodType): string {
  const { title } = body.meta() ?? {};
  if (title === undefined) throw new Error("a body needs a title, which names its schema: .meta({ title })");
  return title;
}
