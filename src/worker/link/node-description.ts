// A node as its worker registers it, and which part of it a heartbeat can carry.

import type { BodyInput } from "../../api/operations/operations.ts";

export type NodeDescription = BodyInput<"registerNode">;

/** Describes the node as it is now. */
export interface NodeSource {
  describe(): NodeDescription;
}

/** What a heartbeat can carry, as JSON. */
export function newsOf({ engine, engineError }: NodeDescription): string {
  return JSON.stringify({ engine: engine ?? null, engineError: engineError ?? null });
}

/** What only a registration can carry, as JSON. */
export function restOf({ engine: _, engineError: __, nodeId: ___, ...rest }: NodeDescription): string {
  return JSON.stringify(rest);
}
