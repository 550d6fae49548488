// The schemas of the record kinds that watchers see, and of the events that carry them, from the table of kinds.

import type { Operation } from "../../model/change.ts";
import { type AnyKind, capitalised, kinds, type WatchedKind, watchedKinds } from "../../model/kinds/kinds.ts";
import { watchEventType } from "../views/stream-events.ts";
import { answerSchema, described, type Json, time, whole } from "./json-schemas.ts";

const changeOrigin: Json = {
  type: "object",
  description:
    "Who asked for the change. The master does not verify what users and workers declare. Left out if the master does not know.",
  required: ["kind", "name", "declared"],
  properties: {
    kind: { enum: ["user", "node", "system"], description: "A client of the API, a worker, or the master itself." },
    name: {
      type: "string",
      description:
        "USER@HOST from the header Podling-User, or anonymous; the id of a node, or its host name; the part of the master.",
    },
    declared: { type: "boolean", description: "True if the client says so itself, and it is not verified." },
    requestId: { type: "string", description: "The header X-Request-Id, if the client sent it." },
  },
};

/**
 * One schema for each of these kinds, and `WatchEvent`: an event of any of them. The schemas of records are loaded when the
 * document is asked for: a master needs them for nothing else.
 */
export async function recordSchemas(): Promise<Record<string, Json>> {
  const schemas = await Promise.all(
    watchedKinds.map(async (kind) => {
      const { loadViewSchema, loadSchema } = kinds[kind] as AnyKind;
      return { kind, schema: answerSchema(await (loadViewSchema ?? loadSchema)()) };
    }),
  );
  return {
    ...Object.fromEntries(schemas.map(({ kind, schema }) => [capitalised(kind), schema])),
    ChangeOrigin: changeOrigin,
    WatchEvent: {
      description: "A change of a record, as the stream of changes carries it.",
      anyOf: schemas.flatMap(({ kind, schema }) => eventsOf(kind, schema)),
    },
  };
}

/** `schema`: of a record of this kind, as clients get it. */
function eventsOf(kind: WatchedKind, schema: Json): Json[] {
  const common = {
    revision: described(whole, "The revision of the change: the stream resumes after it."),
    at: described(time, "When the change was recorded, by the master's clock."),
  };
  const by = { $ref: "#/components/schemas/ChangeOrigin" };
  const event = (operations: readonly Operation[], properties: Json): Json => ({
    type: "object",
    required: ["revision", "at", "type", ...Object.keys(properties)],
    properties: {
      ...common,
      type: described({ enum: operations.map((operation) => watchEventType(kind, operation)) }, "What happened."),
      by,
      ...properties,
    },
  });
  const fields = schema.properties as Record<string, Json>;
  const { removedFields } = (kinds[kind] as AnyKind).stream!;
  return [
    event(["created", "updated"], { [kind]: { $ref: `#/components/schemas/${capitalised(kind)}` } }),
    event(["removed"], Object.fromEntries(removedFields.map((field) => [field, fields[field]]))),
  ];
}
