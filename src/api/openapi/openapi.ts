// openapi.json (OpenAPI 3.1), made from the table of operations.

import { z } from "zod";
import { strategies } from "../../model/cluster/cluster.ts";
import { filterNames } from "../../model/explanation.ts";
import { nodeIdPattern, taskIdPattern } from "../../model/ids.ts";
import { cleanupCodes, cleanupKinds } from "../../model/node/cleanup.ts";
import { suspicionCodes } from "../../model/node/node.ts";
import { refusalCodes } from "../../model/refusal.ts";
import { reasonCodes, taskStatuses } from "../../model/task/reason.ts";
import { taskInput } from "../../model/task/task-input.ts";
import { errorCatalogue } from "../errors.ts";
import { type Operation, operations } from "../operations/operations.ts";
import { nodeRegistration } from "../schemas/schemas.ts";
import { recordSchemas } from "./record-schemas.ts";

type Json = Record<string, unknown>;

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
      description: "The orchestrator that can show its working. Errors are {error, code, details, hint}.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { ...(await recordSchemas()), ...answerSchemas(), Error: errorSchema },
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
  // OpenAPI has no word for the data of server-sent events; the extension names its schema.
  const schema = isJson ? named : { type: "string", ...(answer === "Any" ? {} : { "x-event-data": named }) };
  return { description: "Done.", content: { [media]: { schema } } };
}

function parametersOf({ path, query }: Operation): Json[] {
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
  if (!query) return parameters;
  const { properties = {} } = inputSchema(query) as { properties?: Record<string, Json> };
  for (const [name, { description, ...schema }] of Object.entries(properties)) {
    parameters.push({ name, in: "query", ...(description ? { description } : {}), schema });
  }
  return parameters;
}

function inputSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  return rest;
}

const nullable = (type: string, more: Json = {}): Json => ({ type: [type, "null"], ...more });
const text: Json = { type: "string" };
const time: Json = { type: "string", format: "date-time" };
const whole: Json = { type: "integer" };
const truth: Json = { type: "boolean" };
const amount: Json = record({ request: { type: "number" }, limit: nullable("number") });
const map: Json = { type: "object", additionalProperties: text };
const listOf = (items: Json): Json => ({ type: "array", items });

/** Fields that are not always there, beside those that are. */
function withOptional(optional: Record<string, Json>, properties: Record<string, Json>): Json {
  const always = record(properties);
  return { ...always, properties: { ...(always.properties as Json), ...optional } };
}

const unheardNode: Json = {
  type: "boolean",
  description: "true: known from a backup, and not registered since. Left out where it never was.",
};

function record(properties: Record<string, Json>): Json {
  return { type: "object", required: Object.keys(properties), properties };
}

const reason = record({ code: { enum: [...reasonCodes] }, message: text });
const lastFailure = {
  anyOf: [
    record({
      finishedAt: nullable("string", { format: "date-time" }),
      exitCode: nullable("integer"),
      log: listOf(text),
    }),
    { type: "null" },
  ],
};
const port = record({ hostIp: text, hostPort: whole, containerPort: whole, protocol: { enum: ["tcp", "udp"] } });

const differences = record({
  count: whole,
  live: { ...whole, description: "Tasks of these that held a place." },
  first: listOf(record({ id: text, name: text, now: nullable("string"), inBackup: nullable("string") })),
});
const comparison = record({ forgotten: differences, returning: differences, differing: differences });
const restoreAnswer = record({
  restored: { type: "boolean", description: "false: a dry run." },
  backup: record({
    podling: { const: "backup" },
    format: whole,
    clusterId: text,
    revision: whole,
    epoch: whole,
    at: time,
    version: text,
    nodes: whole,
    tasks: whole,
  }),
  before: record({ clusterId: text, revision: whole, tasks: whole, nodes: whole }),
  revision: nullable("integer"),
  tasks: comparison,
  nodes: comparison,
});

function answerSchemas(): Record<string, Json> {
  const input = inputSchema(taskInput).properties as Record<string, Json>;
  const registration = inputSchema(nodeRegistration).properties as Record<string, Json>;
  const engine = record({ name: text, version: text, os: text, arch: text });
  return {
    Task: record({
      taskId: { type: "string", pattern: taskIdPattern.source },
      ...(Object.fromEntries(
        ["name", "image", "env", "labels", "stopGraceSeconds", "user", "workingDir", "pullPolicy", "platform"].map(
          (key) => [key, input[key]!],
        ),
      ) as Record<string, Json>),
      command: listOf(text),
      args: listOf(text),
      ports: listOf({ ...port, properties: { ...(port.properties as Json), hostPort: nullable("integer") } }),
      resources: { ...record({ cpu: amount, memory: amount }), description: "cpu in cores, memory in bytes." },
      mounts: listOf(
        record({
          type: { enum: ["volume", "bind", "tmpfs"] },
          source: text,
          target: text,
          readOnly: { type: "boolean" },
          sizeBytes: nullable("integer"),
        }),
      ),
      restartPolicy: record({
        mode: { enum: ["never", "on-failure", "always"] },
        maxRestarts: nullable("integer"),
        backoffInitialMs: whole,
        backoffMaxMs: whole,
        resetAfterMs: whole,
      }),
      constraints: listOf({
        type: "object",
        required: ["type", "operator"],
        properties: {
          type: { enum: ["label", "node"] },
          key: text,
          operator: { enum: ["equals", "not-equals", "exists"] },
          value: text,
        },
      }),
      desired: { enum: ["running", "stopped"] },
      status: { enum: [...taskStatuses] },
      reason,
      nodeId: nullable("string"),
      containerId: nullable("string"),
      exitCode: nullable("integer"),
      oomKilled: { type: "boolean" },
      restarts: whole,
      publishedPorts: listOf(port),
      createdAt: time,
      scheduledAt: nullable("string", { format: "date-time" }),
      scheduledRevision: nullable("integer"),
      startedAt: nullable("string", { format: "date-time" }),
      finishedAt: nullable("string", { format: "date-time" }),
      error: nullable("string"),
      lastFailure,
      replaces: nullable("string"),
      replacedBy: nullable("string"),
    }),
    TaskList: listOf({ $ref: "#/components/schemas/Task" }),
    Node: withOptional(
      { unheard: unheardNode },
      {
        nodeId: { type: "string", pattern: nodeIdPattern.source },
        hostname: registration.hostname!,
        port: whole,
        address: text,
        capacity: { ...whole, description: "Tasks at once." },
        cpu: { type: "number", description: "Cores." },
        memory: { type: "integer", description: "Bytes." },
        labels: map,
        status: { enum: ["online", "offline"] },
        schedulable: { type: "boolean" },
        suspect: {
          anyOf: [record({ code: { enum: [...suspicionCodes] }, message: text, since: time }), { type: "null" }],
          description: "Why it gets nothing new although it counts as online.",
        },
        flapping: {
          anyOf: [
            record({
              losses: whole,
              lostAt: time,
              steadyUntil: nullable("string", { format: "date-time" }),
              steadyMs: whole,
            }),
            { type: "null" },
          ],
          description: "It was lost lately. Until steadyUntil it gets tasks only if no steady node fits (damped).",
        },
        engine: { anyOf: [engine, { type: "null" }] },
        engineError: nullable("string"),
        version: text,
        registeredAt: time,
        runningTasks: whole,
        used: record({ cpu: { type: "number" }, memory: { type: "integer" } }),
        lastHeartbeat: nullable("string", { format: "date-time" }),
      },
    ),
    NodeList: listOf({ $ref: "#/components/schemas/Node" }),
    RestoreAnswer: restoreAnswer,
    HeartbeatAnswer: record({
      ...{ nodeId: text, nextHeartbeatMs: whole, leaseMs: whole, reconnectWithinMs: whole, streamOpen: truth },
      engineError: {
        ...nullable("string"),
        description: "What the master has of the engine: where it is wrong, say it again.",
      },
    }),
    Cleanup: record({
      nodeId: text,
      hostname: text,
      dryRun: { type: "boolean", description: "Nothing was removed." },
      disk: { anyOf: [record({ path: text, usedBytes: whole, totalBytes: whole }), { type: "null" }] },
      items: listOf(
        record({
          kind: { enum: [...cleanupKinds] },
          name: text,
          id: text,
          sizeBytes: nullable("integer"),
          verdict: { enum: ["goes", "stays", "removed"] },
          code: { enum: [...cleanupCodes] },
          message: text,
        }),
      ),
      omitted: whole,
    }),
    Health: record({ status: { enum: ["ok", "degraded"] }, message: text }),
    Version: record({ version: text, commit: text, api: { const: "v1" } }),
    Explanation: record({
      taskId: text,
      name: text,
      status: { enum: [...taskStatuses] },
      reason,
      restarts: whole,
      lastFailure,
      strategy: { enum: [...strategies] },
      summary: text,
      revision: whole,
      basis: { enum: ["decision", "now"] },
      chosenNodeId: nullable("string"),
      nodes: listOf(
        record({
          nodeId: text,
          hostname: text,
          fits: { type: "boolean" },
          filters: listOf(
            record({
              filter: { enum: [...filterNames] },
              passed: { type: "boolean" },
              message: text,
              missing: { type: "number" },
            }),
          ),
          score: nullable("number"),
          scoreMessage: nullable("string"),
          chosen: { type: "boolean" },
        }),
      ),
      smallestChange: nullable("string"),
    }),
  };
}

const errorSchema = record({ error: text, code: { enum: [...refusalCodes] }, details: { type: "object" }, hint: text });
