// The answers about the master and the cluster in openapi.json, and the body of errors.

import { perListedKind } from "../../model/kinds/kinds.ts";
import { refusalCodes } from "../../model/refusal.ts";
import { type Json, listOf, nullable, record, text, time, whole } from "./json-schemas.ts";

const differences = record({
  count: whole,
  live: {
    ...whole,
    description: "How many of them are placed on a node now. Containers of forgotten ones are stopped.",
  },
  first: listOf(record({ id: text, name: text, now: nullable("string"), inBackup: nullable("string") })),
});
const comparison = record({ forgotten: differences, returning: differences, differing: differences });
const restoreAnswer = record({
  restored: { type: "boolean", description: "False for a dry run." },
  backup: record({
    podling: { const: "backup" },
    format: whole,
    clusterId: text,
    revision: whole,
    epoch: whole,
    at: time,
    version: text,
    ...perListedKind(() => whole),
  }),
  before: record({ clusterId: text, revision: whole, ...perListedKind(() => whole) }),
  revision: nullable("integer"),
  ...perListedKind(() => comparison),
});

export const clusterSchemas: Record<string, Json> = {
  RestoreAnswer: restoreAnswer,
  Health: record({ status: { enum: ["ok", "degraded"] }, message: text }),
  Version: record({ version: text, commit: text, api: { const: "v1" } }),
  Error: record({ error: text, code: { enum: [...refusalCodes] }, details: { type: "object" }, hint: text }),
};
