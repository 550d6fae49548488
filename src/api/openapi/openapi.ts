// openapi.json (OpenAPI 3.1), made from the table of operations.

import type { RefusalCode } from "../../model/refusal.ts";
import { errorCatalogue } from "../errors.ts";
import { type Operation, operations } from "../operations/operations.ts";
import { bodies } from "../schemas/bodies.ts";
import { queries, standsFor } from "../schemas/queries.ts";
import { appSchemas } from "./app-schemas.ts";
import { bodySchemas } from "./body-schemas.ts";
import { clusterSchemas } from "./cluster-schemas.ts";
import { contentSchemas } from "./content-schemas.ts";
import { answerExample, errorExample } from "./examples.ts";
import { jobSchemas } from "./job-schemas.ts";
import { inputSchema, type Json } from "./json-schemas.ts";
import { nodeSchemas } from "./node-schemas.ts";
import { planSchemas } from "./plan-schemas.ts";
import { recordSchemas } from "./record-schemas.ts";
import { serviceSchemas } from "./service-schemas.ts";
import { exampleId, tagList, tagOf } from "./tags.ts";
import { taskSchemas } from "./task-schemas.ts";
import { volumeSchemas } from "./volume-schemas.ts";

/** Refusals that any operation can give. One that is open to everyone asks for no token. */
function refusalsOf({ access, refusals }: Operation): RefusalCode[] {
  const token: RefusalCode[] = access === "open" ? [] : ["unauthorized"];
  return [
    ...new Set<RefusalCode>(["invalid-field", "unknown-field", ...token, "forbidden-origin", "internal", ...refusals]),
  ];
}

export async function openapi(version: string): Promise<Json> {
  const paths: Record<string, Json> = {};
  const records = await recordSchemas();
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
    tags: tagList,
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "The token of the master, if it was started with one." },
      },
      schemas: {
        ...bodySchemas(records),
        ...records,
        ...(await taskSchemas()),
        ...(await serviceSchemas()),
        ...jobSchemas,
        ...(await appSchemas()),
        ...volumeSchemas,
        ...(await contentSchemas()),
        ...nodeSchemas(records.Node!),
        ...clusterSchemas,
        ...(await planSchemas()),
      },
    },
  };
}

function describeOperation(id: string, operation: Operation): Json {
  const refusals = refusalsOf(operation);
  const statuses = [...new Set(refusals.map((code) => errorCatalogue[code].status))].sort();
  return {
    operationId: id,
    tags: [tagOf(operation)],
    summary: operation.summary,
    ...(operation.access === "open" ? { security: [] } : {}),
    parameters: parametersOf(operation),
    ...requestBodyOf(operation),
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
            content: errorContent,
          },
        ]),
      ),
    },
  };
}

const errorContent: Json = {
  "application/json": { schema: { $ref: "#/components/schemas/Error" }, example: errorExample() },
};

function requestBodyOf({ body, upload }: Operation): Json {
  if (upload) return { requestBody: { required: true, content: { [upload]: { schema: { type: "string" } } } } };
  if (!body) return {};
  const [example] = (bodies[body].meta()?.examples ?? []) as unknown[];
  const schema = { $ref: `#/components/schemas/${body}` };
  return { requestBody: { required: true, content: { "application/json": { schema, example } } } };
}

function answerOf(operation: Operation): Json {
  const { media, answer } = operation;
  if (media === "none") return { description: "Done." };
  const named = answer === "Any" ? {} : { $ref: `#/components/schemas/${answer}` };
  const isJson = media === "application/json";
  // OpenAPI cannot describe the data of server-sent events: an extension names its schema.
  const schema = isJson ? named : { type: "string", ...(answer === "Any" ? {} : { "x-event-data": named }) };
  return { description: "Done.", content: { [media]: { schema, example: answerExample(operation) } } };
}

function parametersOf(operation: Operation): Json[] {
  const { path, query, headers = {} } = operation;
  const parameters: Json[] = path.includes("{id}")
    ? [
        {
          name: "id",
          in: "path",
          required: true,
          description: "An id, a unique prefix of one, or a name.",
          schema: { type: "string" },
          example: exampleId(operation),
        },
      ]
    : [];
  for (const [name, description] of Object.entries(headers)) {
    parameters.push({ name, in: "header", description, schema: { type: "string" } });
  }
  if (!query) return parameters;
  const { properties = {} } = inputSchema(queries[query]) as { properties?: Record<string, Json> };
  for (const [name, { description, [standsFor]: stands, ...text }] of Object.entries(properties)) {
    parameters.push({ name, in: "query", ...(description ? { description } : {}), schema: stands ?? text });
  }
  return parameters;
}
