// Moves a replica of a service: another one takes its place on a node that was chosen, and the service's reconciler ends the old
// one when the new one serves.

import { ok } from "../../lib/result.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { noRequests } from "../../model/task/task.ts";
import { isMovable } from "../reconcile/departures.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode, findTask } from "../state/lookup.ts";
import type { Command, Decision } from "./command.ts";

export function decideMove(
  state: ClusterState,
  { taskId, to }: Extract<Command, { type: "moveTask" }>,
): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const node = findNode(state, to);
  if (!node.ok) return node;
  const task = found.value;
  if (!isMovable(state, task) || task.placement?.nodeId === to) {
    return refuse("unprocessable", `${task.name} (${taskId}) cannot be moved to ${node.value.hostname} now`, {
      hint: "Only a replica that serves is moved, of a service without a rollout, and to another node.",
      details: { taskId, nodeId: to },
    });
  }
  const requests = { ...(task.requests ?? noRequests), moveTo: to };
  return ok({ changes: [{ type: "task.updated", id: taskId, set: { requests } }], granted: { taskId } });
}
