// Gives waiting tasks a node, the oldest of the highest priority first, and records why a task still waits.

import { toTimestamp } from "../../lib/clock.ts";
import type { Change } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { placedReason, type Reason } from "../../model/task/reason.ts";
import { requirementsOf, requirementsOfTask } from "../../model/task/requirements.ts";
import type { PackedTask, Task } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import { isDamped } from "../schedule/index/node-info.ts";
import { GainQueue } from "../schedule/waiting/gain-queue.ts";
import type { WaitingClass } from "../schedule/waiting/waiting-class.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { preempt, retryPreemptions } from "./preemption.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const placement: Reconciler = {
  name: "placement",
  *run(state, context) {
    yield* placeTasks(state, context);
    yield* stateReasons(state);
  },
  nextDue: (state, { now }) => (state.pending.hasWork(state.schedule.codeOfNone) ? now : null),
};

/** Up to this many gained nodes are compared one by one; for more, the search over all nodes is faster. */
const fewGained = 16;

/**
 * Decides what a search over all nodes for each waiting task, the oldest first, would decide: untried classes are
 * searched for on all nodes, the others on the nodes that gained capacity, because they fit no other.
 */
function* placeTasks(state: ClusterState, context: ReconcileContext): Generator<Change | readonly Change[]> {
  const { pending, schedule } = state;
  if (pending.count === 0) return;
  retryPreemptions(state);
  const gained = new GainQueue(
    [...pending.gained].map((nodeId) => schedule.nodeInfo(nodeId)),
    pending.tried,
    ({ record }) => pending.nodeExhausted(record.nodeId),
  );
  for (;;) {
    const untried = pending.untried.first;
    const tried = gained.oldest;
    const isUntried = untried !== null && (tried === null || untried.orderedBy < tried.orderedBy);
    const next = isUntried ? untried : tried;
    if (next === null) return;
    const nodeId = isUntried
      ? schedule.choose(next.requirements, state.cluster.strategy, state.cursors.lastNodeId)
      : chooseGained(state, next, gained);
    if (nodeId === null) {
      const steps = preempt(state, next, context);
      if (steps === null) pending.classTried(next);
      else yield steps;
      continue;
    }
    const { group } = next.requirements;
    yield placed(state, next.taskIds.first!, nodeId, context);
    if (group !== null && pending.isWaitedFor(group)) gained.add(schedule.nodeInfo(nodeId));
  }
}

function chooseGained(state: ClusterState, { requirements }: WaitingClass, gained: GainQueue): NodeId {
  const { schedule, cluster, cursors } = state;
  const chosen =
    gained.size <= fewGained
      ? schedule.chooseAmong(gained.nodes, requirements, cluster.strategy, cursors.lastNodeId)
      : schedule.choose(requirements, cluster.strategy, cursors.lastNodeId);
  return chosen!;
}

/** With the task, the volumes that it is the first to use are bound to its node: no crash can come between the two. */
function placed(
  state: ClusterState,
  id: TaskId,
  nodeId: NodeId,
  { now, revision }: ReconcileContext,
): Change | readonly Change[] {
  const reason = reasonOfPlacement(state, nodeId);
  const set = {
    placement: { nodeId, at: toTimestamp(now), revision },
    observed: { status: "scheduled" as const, reason },
  };
  const change: Change = { type: "task.updated", id, set };
  const { name, spec } = state.task(id);
  const { volumes } = requirementsOf(spec);
  if (volumes.length === 0) return change;
  return [change, ...volumes.map((use) => volumeUsed(state, use.name, { taskId: id, name }, nodeId))];
}

function volumeUsed(state: ClusterState, volume: string, user: Volume["lastUsedBy"], nodeId: NodeId): Change {
  const isBound = state.record("volume", volume).nodeId !== null;
  const binding = { nodeId, hostname: state.node(nodeId).hostname, state: "bound" as const };
  return { type: "volume.updated", id: volume, set: { ...(isBound ? {} : binding), lastUsedBy: user } };
}

/** The fields of such a task that is placed on this node at once; null if it does not fit there now. */
export function placementOn(
  state: ClusterState,
  nodeId: NodeId,
  task: Pick<Task, "spec" | "owner" | "name">,
  { now, revision }: Pick<ReconcileContext, "now" | "revision">,
): Pick<PackedTask, "placement" | "observed"> | null {
  if (!state.nodes.has(nodeId)) return null;
  const requirements = requirementsOfTask(task);
  const node = state.schedule.nodeInfo(nodeId);
  if (state.schedule.chooseAmong([node], requirements, "spread", null) === null) return null;
  const placement = { nodeId, at: toTimestamp(now), revision };
  return { placement, observed: { status: "scheduled", reason: reasonOfPlacement(state, nodeId) } };
}

function reasonOfPlacement(state: ClusterState, nodeId: NodeId): Reason {
  const node = state.node(nodeId);
  const { hostname, flapping } = node;
  const reason = placedReason(hostname);
  if (!state.schedule.nodeInfo(nodeId).damped) return reason;
  const why = isDamped(node)
    ? `was lost ${flapping!.losses} times lately; no steady node fits`
    : "has no worker, and no node with one fits";
  return { ...reason, message: `${reason.message}: ${hostname} ${why}` };
}

/**
 * Records why tasks wait: when they have waited since this tick, and when the code of the reason is another one now.
 * The numbers in a recorded message are those of that moment; `explain` computes them when it is asked.
 */
function* stateReasons(state: ClusterState): Generator<Change> {
  const { pending, schedule } = state;
  if (pending.count === 0) return;
  const code = schedule.codeOfNone;
  for (const waiting of pending.statingOtherThan(code)) {
    const reason = schedule.whyNone(waiting.requirements);
    const taskIds = [...waiting.byReason].flatMap(([stated, ids]) => (stated === code ? [] : [...ids])).sort();
    for (const id of taskIds) yield { type: "task.updated", id, set: { observed: { reason } } };
  }
}
