// The answers about tasks in openapi.json.

import { strategies } from "../../model/cluster/cluster.ts";
import { filterNames } from "../../model/explanation.ts";
import { taskStatuses } from "../../model/task/reason.ts";
import { answerSchema, type Json, listOf, nullable, record, text, truth, whole } from "./json-schemas.ts";

const nodeVerdict = record({
  nodeId: text,
  hostname: text,
  fits: truth,
  filters: listOf(
    record({
      filter: { enum: [...filterNames] },
      passed: truth,
      message: text,
      missing: { type: "number" },
    }),
  ),
  score: nullable("number"),
  scoreMessage: nullable("string"),
  chosen: truth,
});

/** Beside `Task` itself, which record-schemas.ts describes. */
export async function taskSchemas(): Promise<Record<string, Json>> {
  const { taskView } = await import("../../model/task/view-schema.ts");
  const { properties } = answerSchema(taskView.pick({ reason: true, restarts: true, lastFailure: true }));
  return {
    TaskList: listOf({ $ref: "#/components/schemas/Task" }),
    Explanation: record({
      taskId: text,
      name: text,
      status: { enum: [...taskStatuses] },
      ...(properties as Record<string, Json>),
      strategy: { enum: [...strategies] },
      summary: text,
      revision: whole,
      basis: { enum: ["decision", "now"] },
      chosenNodeId: nullable("string"),
      nodes: listOf(nodeVerdict),
      smallestChange: nullable("string"),
    }),
  };
}
