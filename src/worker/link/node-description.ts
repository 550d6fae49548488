// A node as its worker registers it, and which part of it a heartbeat can carry.

import { nodeIdsHeader, nodeIdsOfTaskForm } from "../../api/node-ids-header.ts";
import type { BodyInput } from "../../api/operations/operations.ts";
import { limits } from "../../model/limits.ts";

export type NodeDescription = BodyInput<"registerNode">;

/** Describes the node as it is now. */
export interface NodeSource {
  describe(): NodeDescription;
}

/** The request that registers it. */
export function registrationOf(body: NodeDescription) {
  return { body, headers: { [nodeIdsHeader]: nodeIdsOfTaskForm }, timeoutMs: limits.reportPatienceMs };
}

/** What a heartbeat can carry, as JSON. */
export function newsOf({ engine, engineError }: NodeDescription): string {
  return JSON.stringify({ engine: engine ?? null, engineError: engineError ?? null });
}

/** What only a registration can carry, as JSON. */
export function restOf({ engine: _, engineError: __, nodeId: ___, ...rest }: NodeDescription): string {
  return JSON.stringify(rest);
}
