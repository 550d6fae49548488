// A node as its worker registers it, and which part of it a heartbeat can carry.

import { nodeIdsHeader, nodeIdsOfTaskForm } from "../../api/node-ids-header.ts";
import type { BodyInput } from "../../api/operations/operations.ts";
import { limits } from "../../model/limits.ts";
import type { RefusalCode } from "../../model/refusal.ts";

export type NodeDescription = BodyInput<"registerNode">;

/** Describes the node as it is now. */
export interface NodeSource {
  describe(): NodeDescription;
}

/** The request that registers the node. Masters of 0.1.0 refuse fields that came later: it is sent without these then. */
export class Registration {
  #isPlain = false;

  request(description: NodeDescription) {
    const { features: _, policy: __, ...plain } = description;
    const body = this.#isPlain ? plain : description;
    return { body, headers: { [nodeIdsHeader]: nodeIdsOfTaskForm }, timeoutMs: limits.reportPatienceMs };
  }

  /** The master has refused the request: true when it has another form now, and can be sent again at once. */
  shorten(code: RefusalCode): boolean {
    if (code !== "unknown-field" || this.#isPlain) return false;
    this.#isPlain = true;
    return true;
  }

  /** The connection has broken, so the master may be a later one now: true when the node has to register again. */
  restore(): boolean {
    const wasPlain = this.#isPlain;
    this.#isPlain = false;
    return wasPlain;
  }
}

/** What a heartbeat can carry, as JSON. */
export function newsOf({ engine, engineError }: NodeDescription): string {
  return JSON.stringify({ engine: engine ?? null, engineError: engineError ?? null });
}

/** What only a registration can carry, as JSON. */
export function restOf({ engine: _, engineError: __, nodeId: ___, ...rest }: NodeDescription): string {
  return JSON.stringify(rest);
}
