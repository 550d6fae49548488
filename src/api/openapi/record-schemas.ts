// The schemas of the record kinds that watchers see, and of the events that carry them, from the table of kinds.

import { z } from "zod";
import { type AnyKind, type KindName, kinds, watchedKinds } from "../../model/kinds/kinds.ts";

type Json = Record<string, unknown>;

/** Kinds whose schema is in task-schemas.ts and node-schemas.ts, because what leaves the master differs from the record. */
const withSchemaOfView: Partial<Record<KindName, string>> = { task: "Task", node: "Node" };

/** "config" -> "Config" */
function schemaName(kind: KindName): string {
  return withSchemaOfView[kind] ?? `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`;
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

/** One schema for each other kind, and `WatchEvent`: an event of any kind. */
export async function recordSchemas(): Promise<Record<string, Json>> {
  const own = watchedKinds.filter((kind) => withSchemaOfView[kind] === undefined);
  const schemas = await Promise.all(
    own.map(async (kind) => {
      const { $schema: _, ...schema } = z.toJSONSchema(await (kinds[kind] as AnyKind).loadSchema(), {
        unrepresentable: "any",
      }) as Json;
      return [schemaName(kind), schema] as const;
    }),
  );
  return {
    ...Object.fromEntries(schemas),
    ChangeOrigin: changeOrigin,
    WatchEvent: { anyOf: watchedKinds.flatMap(eventsOf) },
  };
}

function eventsOf(kind: KindName): Json[] {
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
