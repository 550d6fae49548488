// Draining a node: it gets no new tasks, and its tasks leave it. What happens to each is the reconcilers' (reconcile/drains.ts
// and reconcile/services.ts).

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";

/** A node that is being drained already gets the new deadline. */
export function decideDrain(
  state: ClusterState,
  { nodeId, deadlineMs, by }: Extract<Command, { type: "drainNode" }>,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const since = found.value.draining?.since ?? toTimestamp(now);
  const draining = { since, deadlineAt: toTimestamp(now + deadlineMs), by };
  return ok({ changes: [{ type: "node.updated", id: nodeId, set: { draining } }], granted: { nodeId } });
}

export function decideUndrain(
  state: ClusterState,
  { nodeId }: Extract<Command, { type: "undrainNode" }>,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  if (found.value.draining === null) return ok({ changes: [], granted: { nodeId } });
  return ok({ changes: [{ type: "node.updated", id: nodeId, set: { draining: null } }], granted: { nodeId } });
}
