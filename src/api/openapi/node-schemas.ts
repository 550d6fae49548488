// The answers about nodes in openapi.json.

import { cleanupCodes, cleanupKinds } from "../../model/node/cleanup.ts";
import { type Json, listOf, nullable, record, text, truth, whole } from "./json-schemas.ts";

/** Beside `Node` itself, which record-schemas.ts describes. */
export function nodeSchemas(): Record<string, Json> {
  return {
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
