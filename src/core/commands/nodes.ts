// What happens to nodes after their registration: they come back, change, become suspect, are lost and leave. A node that
// goes ends its tasks; reconcile/restarts.ts replaces those that are to be kept alive.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { Reason } from "../../model/task/reason.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext, LossCause } from "./command.ts";
import { ending, endingChanges } from "./ending.ts";
import { afterLoss, afterReturn } from "./flapping.ts";

/** Marks the node online and clears suspicion. The count of losses is kept. */
export function online(
  { status, flapping }: NodeRecord,
  now: number,
): Pick<NodeRecord, "status" | "suspect" | "flapping" | "offlineSince"> {
  const kept = status === "offline" ? afterReturn(flapping, now) : flapping;
  return { status: "online", suspect: null, flapping: kept, offlineSince: null };
}

export function decideRefresh(
  state: ClusterState,
  { nodeId, engine, engineError }: Extract<Command, { type: "refreshNode" }>,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  return updateNode(state, nodeId, {
    ...online(found.value, now),
    ...(engine === undefined ? {} : { engine }),
    ...(engineError === undefined ? {} : { engineError }),
  });
}

export function decideSchedulable(
  state: ClusterState,
  { nodeId, schedulable }: Extract<Command, { type: "setSchedulable" }>,
): Outcome<Decision> {
  // A person who uncordons a node overrules the count of losses.
  return updateNode(state, nodeId, schedulable ? { schedulable, flapping: null } : { schedulable });
}

export function decideSuspicion(
  state: ClusterState,
  { nodeId, code, message }: Extract<Command, { type: "suspectNode" }>,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const { status, suspect } = found.value;
  if (status === "offline") return ok({ changes: [], granted: { nodeId } });
  return updateNode(state, nodeId, { suspect: { code, message, since: suspect?.since ?? toTimestamp(now) } });
}

function updateNode(state: ClusterState, nodeId: NodeId, wanted: Partial<NodeRecord>): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const set = differences(found.value, wanted);
  return ok({ changes: set === null ? [] : [{ type: "node.updated", id: nodeId, set }], granted: { nodeId } });
}

export function decideLoss(
  state: ClusterState,
  { nodeId, silentMs, cause = "silent" }: Extract<Command, { type: "loseNode" }>,
  context: DecisionContext,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const node = found.value;
  if (node.status === "offline") return ok({ changes: [], granted: { nodeId } });
  const reason: Reason = {
    code: "node-lost",
    message: `${node.hostname} (${nodeId}) ${howLost(cause, silentMs)}`,
  };
  // A loss that a person declared does not count as flapping.
  const flapping = cause === "by-hand" ? node.flapping : afterLoss(node.flapping, context.now);
  const set = {
    ...{ status: "offline" as const, flapping, offlineSince: toTimestamp(context.now) },
    ...(node.suspect === null ? {} : { suspect: null }),
  };
  const changes: Change[] = [{ type: "node.updated", id: nodeId, set }, ...failTasks(state, nodeId, reason, context)];
  return ok({ changes, granted: { nodeId } });
}

function howLost(cause: LossCause, silentMs: number): string {
  const seconds = Math.round(silentMs / 100) / 10;
  if (cause === "by-hand") return "was declared lost by hand";
  if (cause === "connection-broken") return `broke its connection, and sent no heartbeat for ${seconds} s`;
  return `sent no heartbeat for ${seconds} s`;
}

export function decideDeregister(state: ClusterState, nodeId: NodeId, context: DecisionContext): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const reason: Reason = {
    code: "node-deregistered",
    message: `${found.value.hostname} (${nodeId}) was deregistered`,
  };
  const changes: Change[] = [...failTasks(state, nodeId, reason, context), { type: "node.removed", id: nodeId }];
  return ok({ changes, granted: { nodeId } });
}

/** Ends every task placed on the node. Whatever replaces one is a reconciler's to decide, in the same batch. */
export function failTasks(state: ClusterState, nodeId: NodeId, reason: Reason, context: DecisionContext): Change[] {
  return [...state.placedOn(nodeId)].sort().flatMap((id) => {
    const task = state.task(id);
    const { ready } = task.observed;
    const failed = { status: "failed" as const, reason, ...(ready ? { ready: false } : {}) };
    return endingChanges(task, ending(failed, context));
  });
}

export function differences(node: NodeRecord, wanted: Partial<NodeRecord>): Partial<Omit<NodeRecord, "nodeId">> | null {
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (JSON.stringify(value) !== JSON.stringify(node[key as keyof NodeRecord])) set[key] = value;
  }
  return Object.keys(set).length === 0 ? null : set;
}
