// The answers about tasks in openapi.json.

import { strategies } from "../../model/cluster/cluster.ts";
import { filterNames } from "../../model/explanation.ts";
import { taskStatuses } from "../../model/task/reason.ts";
import { answerSchema, described, type Json, listOf, nullable, record, text, truth, whole } from "./json-schemas.ts";

const filterVerdict = record({
  filter: described({ enum: [...filterNames] }, "Name of the filter."),
  passed: described(truth, "True when the node passes the filter."),
  message: described(text, "A sentence with numbers."),
  missing: described(
    { type: "number" },
    "How much is missing: cores, bytes or tasks. 0 if the filter passes, or does not compare amounts.",
  ),
});

const nodeVerdict = record({
  nodeId: described(text, "Id of the node."),
  hostname: described(text, "Name of the node."),
  fits: described(truth, "True when the node passes every filter."),
  filters: described(listOf(filterVerdict), "One for each filter."),
  score: described(nullable("number"), "The node with the highest score is chosen. Null if the node does not fit."),
  scoreMessage: described(nullable("string"), "How the score came about, with numbers. Null if the node does not fit."),
  chosen: described(truth, "True for the node that gets the task."),
});

const namedNode = record({
  nodeId: described(text, "Id of the node."),
  hostname: described(text, "Name of the node."),
});
const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: "null" }] });

/** Beside `Task` itself, which record-schemas.ts describes. */
export async function taskSchemas(): Promise<Record<string, Json>> {
  const { taskView } = await import("../../model/task/view-schema.ts");
  const { podView } = await import("../../model/task/pod-view-schema.ts");
  const { properties } = answerSchema(taskView.pick({ reason: true, restarts: true, lastFailure: true }));
  return {
    TaskList: described(listOf({ $ref: "#/components/schemas/Task" }), "Tasks, oldest first."),
    Pod: answerSchema(podView),
    PodList: described(listOf({ $ref: "#/components/schemas/Pod" }), "Pods, oldest first."),
    Explanation: record(
      {
        taskId: described(text, "Id of the task."),
        name: described(text, "Name of the task."),
        status: described({ enum: [...taskStatuses] }, "Status of the task."),
        ...(properties as Record<string, Json>),
        strategy: described({ enum: [...strategies] }, "How the cluster chooses among the nodes that fit."),
        summary: described(text, "What was decided and why, in one sentence."),
        revision: described(whole, "The revision of the state that is explained."),
        basis: described(
          { enum: ["decision", "now"] },
          "decision: the state in which the task was placed. now: the present state.",
        ),
        chosenNodeId: described(nullable("string"), "The node that gets the task. Null if none fits."),
        nodes: described(listOf(nodeVerdict), "One for each node."),
        smallestChange: described(
          nullable("string"),
          "For a pending task: the smallest change that would make it fit. Null if it fits or is placed.",
        ),
      },
      "Why a task was placed on its node, or why it waits.",
    ),
    WhyNot: record(
      {
        taskId: described(text, "Id of the task."),
        name: described(text, "Name of the task."),
        status: described({ enum: [...taskStatuses] }, "Status of the task."),
        revision: described(whole, "The revision of the state that this is about."),
        node: described(namedNode, "The node that was asked about."),
        current: described(orNull(namedNode), "Where the task is. Null if it waits or has ended."),
        best: described(orNull(namedNode), "The node that it would get now. Null if none fits."),
        isThere: described(truth, "True when the task is on the node."),
        fits: described(truth, "True when the node passes every filter; the task's own capacity counts as free."),
        sentence: described(text, "The answer, with numbers."),
        filters: described(listOf(filterVerdict), "The filters that the node fails."),
        change: described(
          nullable("string"),
          "The smallest change that would make the task fit there. Null if it fits.",
        ),
        score: described(nullable("string"), "How good the node is, with numbers. Null if the task does not fit."),
        bestScore: described(nullable("string"), "The same of the best node. Null if none fits."),
      },
      "Why a task is not on a certain node.",
    ),
  };
}
