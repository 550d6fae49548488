// Draining a node: it gets no new tasks, and its tasks leave it. What happens to each is the reconcilers' (reconcile/drains.ts
// and reconcile/services.ts).

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";

/** A node that is being drained already gets the new deadline. */
export function decideDrain(
  state: ClusterState,
  command: Extract<Command, { type: "drainNode" | "undrainNode" }>,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findNode(state, command.nodeId);
  if (!found.ok) return found;
  if (command.type === "undrainNode") return undrain(found.value);
  const { nodeId, deadlineMs, by } = command;
  const since = found.value.draining?.since ?? toTimestamp(now);
  const draining = { since, deadlineAt: toTimestamp(now + deadlineMs), by };
  return ok({ changes: [{ type: "node.updated", id: nodeId, set: { draining } }], granted: { nodeId } });
}

function undrain({ nodeId, draining }: NodeRecord): Outcome<Decision> {
  if (draining === null) return ok({ changes: [], granted: { nodeId } });
  return ok({ changes: [{ type: "node.updated", id: nodeId, set: { draining: null } }], granted: { nodeId } });
}
