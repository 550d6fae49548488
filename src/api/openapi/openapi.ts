// openapi.json (OpenAPI 3.1), made from the table of operations.

import { errorCatalogue } from "../errors.ts";
import { type Operation, operations } from "../operations/operations.ts";
import { standsFor } from "../schemas/schemas.ts";
import { clusterSchemas } from "./cluster-schemas.ts";
import { inputSchema, type Json } from "./json-schemas.ts";
import { nodeSchemas } from "./node-schemas.ts";
import { recordSchemas } from "./record-schemas.ts";
import { taskSchemas } from "./task-schemas.ts";

/** Refusals that any operation can give. */
const everywhere = ["invalid-field", "unknown-field", "unauthorized", "forbidden-origin", "internal"] as const;

export async function openapi(version: string): Promise<Json> {
  const paths: Record<string, Json> = {};
  for (const [id, operation] of Object.entries(operations) as [string, Operation][]) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = describeOperation(id, operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Podling",
      version,
      description:
        "A lightweight container orchestrator that explains its decisions. Errors are {error, code, details, hint}.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { ...(await recordSchemas()), ...(await taskSchemas()), ...nodeSchemas(), ...clusterSchemas },
    },
  };
}

function describeOperation(id: string, operation: Operation): Json {
  const refusals = [...new Set([...everywhere, ...operation.refusals])];
  const statuses = [...new Set(refusals.map((code) => errorCatalogue[code].status))].sort();
  return {
    operationId: id,
    summary: operation.summary,
    ...(operation.access === "open" ? { security: [] } : {}),
    parameters: parametersOf(operation),
    ...(operation.body
      ? { requestBody: { required: true, content: { "application/json": { schema: inputSchema(operation.body) } } } }
      : {}),
    ...(operation.upload
      ? { requestBody: { required: true, content: { [operation.upload]: { schema: { type: "string" } } } } }
      : {}),
    responses: {
      [operation.status]: answerOf(operation),
      ...Object.fromEntries(
        statuses.map((status) => [
          status,
          {
            description: refusals
              .filter((code) => errorCatalogue[code].status === status)
              .map((code) => `${code}: ${errorCatalogue[code].meaning}`)
              .join(" "),
            content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
          },
        ]),
      ),
    },
  };
}

function answerOf({ media, answer }: Operation): Json {
  if (media === "none") return { description: "Done." };
  const named = answer === "Any" ? {} : { $ref: `#/components/schemas/${answer}` };
  const isJson = media === "application/json";
  // OpenAPI cannot describe the data of server-sent events: an extension names its schema.
  const schema = isJson ? named : { type: "string", ...(answer === "Any" ? {} : { "x-event-data": named }) };
  return { description: "Done.", content: { [media]: { schema } } };
}

function parametersOf({ path, query, headers = {} }: Operation): Json[] {
  const parameters: Json[] = path.includes("{id}")
    ? [
        {
          name: "id",
          in: "path",
          required: true,
          description: "An id, a unique prefix of one, or a name.",
          schema: { type: "string" },
        },
      ]
    : [];
  for (const [name, description] of Object.entries(headers)) {
    parameters.push({ name, in: "header", description, schema: { type: "string" } });
  }
  if (!query) return parameters;
  const { properties = {} } = inputSchema(query) as { properties?: Record<string, Json> };
  for (const [name, { description, [standsFor]: stands, ...text }] of Object.entries(properties)) {
    parameters.push({ name, in: "query", ...(description ? { description } : {}), schema: stands ?? text });
  }
  return parameters;
}
