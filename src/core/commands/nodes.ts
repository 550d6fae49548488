// What happens to nodes: they register, come back, change, become suspect, are lost and leave; and what that does to
// their tasks.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { Change } from "../../model/change.ts";
import { type NodeId, newNodeId, nextTaskId, type TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type NodeRecord, nodeDefaults } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { packTask, type Reason, type Task, unpackTask } from "../../model/task/task.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext, LossCause, NodeRegistrationFields } from "./command.ts";
import { afterLoss, afterReturn } from "./flapping.ts";

export function decideRegistration(
  state: ClusterState,
  registration: NodeRegistrationFields,
  { now, random }: DecisionContext,
): Outcome<Decision> {
  const { nodeId: claimed, ...said } = registration;
  const known = claimed === undefined ? sameAddress(state, registration) : state.nodes.get(claimed as NodeId);
  if (known) {
    const set = differences(known, {
      ...said,
      ...heard(known, now),
      ...(known.unheard ? { unheard: false } : {}),
    });
    const changes: Change[] = set === null ? [] : [{ type: "node.updated", nodeId: known.nodeId, set }];
    return ok({ changes, granted: { nodeId: known.nodeId } });
  }
  if (state.nodes.size >= limits.nodes) {
    return refuse("too-many", `the cluster has ${state.nodes.size} nodes, which is its limit`, {
      hint: "Deregister nodes that are gone: podling node rm.",
      details: { what: "nodes", count: state.nodes.size },
    });
  }
  const nodeId = (claimed as NodeId | undefined) ?? newNodeId(random);
  const registeredAt = toTimestamp(now);
  const node: NodeRecord = { nodeId, ...said, status: "online", schedulable: true, ...nodeDefaults, registeredAt };
  return ok({ changes: [{ type: "node.registered", node }], granted: { nodeId } });
}

/** Whoever registers without an id is told apart by where it listens. */
function sameAddress(state: ClusterState, { hostname, port }: NodeRegistrationFields): NodeRecord | undefined {
  for (const node of state.nodes.values()) if (node.hostname === hostname && node.port === port) return node;
  return undefined;
}

/** It is there: nothing is held against it, but that it was lost too often. */
function heard({ status, flapping }: NodeRecord, now: number): Pick<NodeRecord, "status" | "suspect" | "flapping"> {
  return { status: "online", suspect: null, flapping: status === "offline" ? afterReturn(flapping, now) : flapping };
}

export function decideRefresh(
  state: ClusterState,
  { nodeId, engine, engineError }: Extract<Command, { type: "refreshNode" }>,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  return updateNode(state, nodeId, {
    ...heard(found.value, now),
    ...(engine === undefined ? {} : { engine }),
    ...(engineError === undefined ? {} : { engineError }),
  });
}

export function decideSchedulable(
  state: ClusterState,
  { nodeId, schedulable }: Extract<Command, { type: "setSchedulable" }>,
): Outcome<Decision> {
  // Whoever opens a node by hand knows better than what was counted.
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

export function decideRelease(
  state: ClusterState,
  { nodeId, steadyUntil }: Extract<Command, { type: "releaseNode" }>,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const { status, flapping } = found.value;
  if (status === "offline" || flapping?.steadyUntil !== steadyUntil) return ok({ changes: [], granted: { nodeId } });
  return updateNode(state, nodeId, { flapping: { ...flapping, steadyUntil: null, steadyMs: 0 } });
}

function updateNode(state: ClusterState, nodeId: NodeId, wanted: Partial<NodeRecord>): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const set = differences(found.value, wanted);
  return ok({ changes: set === null ? [] : [{ type: "node.updated", nodeId, set }], granted: { nodeId } });
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
  // What a person says was lost is no sign that it flaps.
  const flapping = cause === "by-hand" ? node.flapping : afterLoss(node.flapping, context.now);
  const set = { status: "offline" as const, flapping, ...(node.suspect === null ? {} : { suspect: null }) };
  const changes: Change[] = [{ type: "node.updated", nodeId, set }, ...failTasks(state, nodeId, reason, context)];
  return ok({ changes, granted: { nodeId } });
}

function howLost(cause: LossCause, silentMs: number): string {
  const seconds = Math.round(silentMs / 100) / 10;
  if (cause === "by-hand") return "was declared lost by hand";
  if (cause === "connection-broken") return `broke its connection, and was silent for ${seconds} s`;
  return `was silent for ${seconds} s`;
}

export function decideDeregister(state: ClusterState, nodeId: NodeId, context: DecisionContext): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const reason: Reason = {
    code: "node-deregistered",
    message: `${found.value.hostname} (${nodeId}) was deregistered`,
  };
  const changes: Change[] = [...failTasks(state, nodeId, reason, context), { type: "node.removed", nodeId }];
  return ok({ changes, granted: { nodeId } });
}

/** Ends every task placed on the node; those that are to be kept alive are each replaced by a new one. */
function failTasks(state: ClusterState, nodeId: NodeId, reason: Reason, { now, random }: DecisionContext): Change[] {
  const changes: Change[] = [];
  const at = toTimestamp(now);
  let last = state.lastTaskId;
  for (const taskId of state.placedOn(nodeId)) {
    const task = state.task(taskId);
    let replacedBy: TaskId | null = null;
    if (task.desired === "running" && task.restartPolicy.mode !== "never") {
      last = nextTaskId(last, now, random);
      replacedBy = last;
      changes.push({ type: "task.created", task: packTask(replacement(task, replacedBy, at)) });
    }
    changes.push({
      type: "task.updated",
      taskId,
      set: { status: "failed", reason, finishedAt: at, ...(replacedBy ? { replacedBy } : {}) },
    });
  }
  return changes;
}

function replacement(task: Task, taskId: TaskId, createdAt: string): Task {
  return unpackTask({
    taskId,
    createdAt,
    replaces: task.taskId,
    name: task.name,
    image: task.image,
    command: task.command,
    args: task.args,
    env: task.env,
    labels: task.labels,
    ports: task.ports,
    resources: task.resources,
    mounts: task.mounts,
    restartPolicy: task.restartPolicy,
    constraints: task.constraints,
    stopGraceSeconds: task.stopGraceSeconds,
    user: task.user,
    workingDir: task.workingDir,
    pullPolicy: task.pullPolicy,
    platform: task.platform,
  });
}

function differences(node: NodeRecord, wanted: Partial<NodeRecord>): Partial<Omit<NodeRecord, "nodeId">> | null {
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (JSON.stringify(value) !== JSON.stringify(node[key as keyof NodeRecord])) set[key] = value;
  }
  return Object.keys(set).length === 0 ? null : set;
}
