// The schemas of the record kinds that watchers see, and of the events that carry them, from the table of kinds.

import { type AnyKind, kinds, type WatchedKind, watchedKinds } from "../../model/kinds/kinds.ts";
import { answerSchema, type Json } from "./json-schemas.ts";

/** "task" -> "Task" */
function schemaName(kind: WatchedKind): string {
  return `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`;
}

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
      return [schemaName(kind), answerSchema(await (loadViewSchema ?? loadSchema)())] as const;
    }),
  );
  return {
    ...Object.fromEntries(schemas),
    ChangeOrigin: changeOrigin,
    WatchEvent: { anyOf: watchedKinds.flatMap(eventsOf) },
  };
}

function eventsOf(kind: WatchedKind): Json[] {
  const { createdType = `${kind}.created` } = (kinds[kind] as AnyKind).stream!;
  const common = { revision: { type: "integer" }, at: { type: "string", format: "date-time" } };
  const by = { $ref: "#/components/schemas/ChangeOrigin" };
  const event = (types: readonly string[], properties: Json): Json => ({
    type: "object",
    required: ["revision", "at", "type", ...Object.keys(properties)],
    properties: { ...common, type: { enum: types }, by, ...properties },
  });
  return [
    event([createdType, `${kind}.updated`], { [kind]: { $ref: `#/components/schemas/${schemaName(kind)}` } }),
    event([`${kind}.removed`], {}),
  ];
}
