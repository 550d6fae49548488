// The answers about the master and the cluster in openapi.json, and the body of errors.

import { perListedKind } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { refusalCodes } from "../../model/refusal.ts";
import { described, type Json, listOf, nullable, record, text, time, truth, whole } from "./json-schemas.ts";

const difference = record({
  id: described(text, "Id of the record."),
  name: described(text, "Name of the record."),
  now: described(nullable("string"), "Its status now. Null if the cluster does not have it."),
  inBackup: described(nullable("string"), "Its status in the backup. Null if the backup does not have it."),
});
const differences = (description: string) =>
  described(
    record({
      count: described(whole, "How many there are."),
      live: described(whole, "How many of them are placed on a node now. Containers of forgotten ones are stopped."),
      first: described(listOf(difference), `The first ${limits.differencesListed} of them.`),
    }),
    description,
  );
const comparison = described(
  record({
    forgotten: differences("Now in the cluster, but not in the backup."),
    returning: differences("In the backup, but not in the cluster now."),
    differing: differences("In both, with another status."),
  }),
  "How the records of the backup differ from those of the cluster.",
);
const count = described(whole, "How many records of this kind there are.");
const clusterId = described(text, "Id of the cluster.");
const revision = described(whole, "The newest revision of the state.");
const restoreAnswer = record(
  {
    restored: described(truth, "False for a dry run."),
    backup: described(
      record({
        podling: described({ const: "backup" }, "What the file is."),
        format: described(whole, "Format of the file."),
        clusterId,
        revision,
        epoch: described(whole, "Number of the term of the master that wrote the file."),
        at: described(time, "When it was written, by the master's clock."),
        version: described(text, "Release of the master that wrote the file."),
        ...perListedKind(() => count),
      }),
      "The first line of the backup.",
    ),
    before: described(
      record({ clusterId, revision, ...perListedKind(() => count) }),
      "The state that the backup replaces.",
    ),
    revision: described(nullable("integer"), "Of the restored state; null for a dry run."),
    ...perListedKind(() => comparison),
  },
  "What a restore changed, or would change.",
);

const replicaName = described(text, "Name of the replica, such as web.3.");
const node = (description: string) =>
  described(
    record({ nodeId: described(text, "Id of the node."), hostname: described(text, "Its name.") }),
    description,
  );
const move = record({
  taskId: described(text, "The replica that goes."),
  name: replicaName,
  from: node("Where it runs."),
  to: node("Where another one takes its place."),
  why: described(text, "With numbers."),
});

const always0 = described({ const: 0 }, "Always 0: Podling has none. Clients of its first edition read this count.");

export const clusterSchemas: Record<string, Json> = {
  RestoreAnswer: restoreAnswer,
  PruneAnswer: record(
    {
      tasksRemoved: described(whole, "How many tasks were removed."),
      nodesRemoved: described(whole, "How many nodes were removed."),
      podsRemoved: always0,
      servicesRemoved: always0,
    },
    "What was removed.",
  ),
  RebalanceAnswer: record(
    {
      moves: described(listOf(move), "What helps as the cluster is now, in this order. Empty: it is balanced."),
      started: described(
        { anyOf: [move, { type: "null" }] },
        "The move that this request has started. Null for a dry run, and while another one is under way.",
      ),
      underWay: described(
        listOf(record({ taskId: described(text, "The old replica."), name: replicaName, to: node("Its new node.") })),
        "Moves that were started before and are not done yet.",
      ),
      kept: described(listOf(text), "Replicas that stay because their data lies on their node."),
    },
    "Which replicas would lie better on another node.",
  ),
  Health: record(
    {
      service: described({ const: "podling-master" }, "What answers."),
      status: described({ enum: ["ok", "degraded"] }, "degraded: it runs, but something is wrong."),
      message: described(text, "Why it is degraded, else empty."),
    },
    "Whether the server works.",
  ),
  Version: record(
    {
      version: described(text, "Release of Podling."),
      commit: described(text, "The commit that it was built from."),
      api: described({ const: "v1" }, "Version of the API."),
    },
    "What runs.",
  ),
  Error: record(
    {
      error: described(text, "What happened, as a sentence. It may change: do not match on it."),
      code: described({ enum: [...refusalCodes] }, "What happened, for programs."),
      details: described({ type: "object" }, "More about it, such as the field that is wrong."),
      hint: described(text, "What to do next; may be empty."),
    },
    "The body of every refusal.",
  ),
};
