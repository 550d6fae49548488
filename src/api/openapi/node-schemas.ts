// The answers about nodes in openapi.json.

import { nodeIdPattern } from "../../model/ids.ts";
import { cleanupCodes, cleanupKinds } from "../../model/node/cleanup.ts";
import { suspicionCodes } from "../../model/node/node.ts";
import { nodeRegistration } from "../schemas/schemas.ts";
import {
  inputSchema,
  type Json,
  listOf,
  map,
  nullable,
  nullableTime,
  record,
  text,
  time,
  truth,
  whole,
  withOptional,
} from "./json-schemas.ts";

const engine = record({ name: text, version: text, os: text, arch: text });
const unheard: Json = {
  type: "boolean",
  description: "True for a node that is known from a backup and has not registered since; else usually left out.",
};

export function nodeSchemas(): Record<string, Json> {
  const registration = inputSchema(nodeRegistration).properties as Record<string, Json>;
  return {
    Node: withOptional(
      { unheard },
      {
        nodeId: { type: "string", pattern: nodeIdPattern.source },
        hostname: registration.hostname!,
        port: whole,
        address: text,
        capacity: { ...whole, description: "Largest number of tasks at once." },
        cpu: { type: "number", description: "Cores." },
        memory: { type: "integer", description: "Bytes." },
        labels: map,
        status: { enum: ["online", "offline"] },
        schedulable: truth,
        suspect: {
          anyOf: [record({ code: { enum: [...suspicionCodes] }, message: text, since: time }), { type: "null" }],
          description: "Why the node gets no new tasks although it is online.",
        },
        flapping: {
          anyOf: [
            record({
              losses: whole,
              lostAt: time,
              steadyUntil: nullableTime,
              steadyMs: whole,
            }),
            { type: "null" },
          ],
          description:
            "Recent losses of the node. Until steadyUntil it gets tasks only if no steady node fits (damped).",
        },
        engine: { anyOf: [engine, { type: "null" }] },
        engineError: nullable("string"),
        version: text,
        registeredAt: time,
        runningTasks: whole,
        used: record({ cpu: { type: "number" }, memory: { type: "integer" } }),
        lastHeartbeat: nullableTime,
      },
    ),
    NodeList: listOf({ $ref: "#/components/schemas/Node" }),
    HeartbeatAnswer: record({
      ...{ nodeId: text, nextHeartbeatMs: whole, leaseMs: whole, reconnectWithinMs: whole, streamOpen: truth },
      engineError: {
        ...nullable("string"),
        description:
          "The engine error that the master has recorded. If it is outdated, the worker sends its own again.",
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
  };
}
