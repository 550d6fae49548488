// The answers about nodes in openapi.json.

import { cleanupCodes, cleanupKinds } from "../../model/node/cleanup.ts";
import { described, type Json, listOf, nullable, record, text, truth, whole } from "./json-schemas.ts";

const diskUsage = record({
  path: described(text, "The folder in which the engine keeps its data."),
  usedBytes: described(whole, "Used bytes of its disk."),
  totalBytes: described(whole, "Used bytes, and those that are free for users other than root."),
});

const cleanupItem = record({
  kind: described({ enum: [...cleanupKinds] }, "What it is."),
  name: described(text, "The task's name, the image's reference or the volume's name."),
  id: described(text, "The container's or the image's id; a volume's name."),
  sizeBytes: described(
    nullable("integer"),
    "Null if it is not known. For an image with all its layers, including shared ones.",
  ),
  verdict: described({ enum: ["goes", "stays", "removed"] }, "goes: would be removed. stays: is kept."),
  code: described({ enum: [...cleanupCodes] }, "Why, for programs."),
  message: described(text, "Why, as a sentence."),
});

/** The fields of `node` may be missing. */
function withFieldsOf(node: Json, schema: Json): Json {
  return { ...schema, properties: { ...(node.properties as Json), ...(schema.properties as Json) } };
}

/** `node`: the schema of a node. Beside `Node` itself, which record-schemas.ts describes. */
export function nodeSchemas(node: Json): Record<string, Json> {
  return {
    NodeList: described(listOf({ $ref: "#/components/schemas/Node" }), "Nodes, by name."),
    HeartbeatAnswer: withFieldsOf(
      node,
      record(
        {
          nodeId: described(text, "Id of the node."),
          nextHeartbeatMs: described(whole, "When the next heartbeat is due, in ms from now."),
          leaseMs: described(whole, "After this long without a heartbeat the node counts as lost, in ms."),
          reconnectWithinMs: described(
            whole,
            "A worker that lost its master reconnects after a random delay of up to this long, in ms.",
          ),
          streamOpen: described(truth, "True when the master has an open assignment stream of this node."),
          engineError: described(
            nullable("string"),
            "The engine error that the master has recorded. If it is outdated, the worker sends its own again.",
          ),
        },
        "The node, and when the next heartbeat is due. With Prefer: return=minimal without the fields of the node.",
      ),
    ),
    Cleanup: record(
      {
        nodeId: described(text, "Id of the node."),
        hostname: described(text, "Name of the node."),
        dryRun: described(truth, "True when nothing was removed: the items show what would be."),
        disk: described(
          { anyOf: [diskUsage, { type: "null" }] },
          "The disk of the engine. Null if the worker cannot read it.",
        ),
        items: described(listOf(cleanupItem), "Removed ones first, then kept ones."),
        omitted: described(whole, "How many kept items were left out because of the limit of an answer."),
      },
      "What was removed from a node and what was kept, or what would be.",
    ),
  };
}
