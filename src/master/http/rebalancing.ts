// Plans moves of replicas, and starts the first one: never while another one is under way. Nothing of a plan is remembered: each
// request looks at the cluster as it is.

import type { MoveView, RebalanceAnswer } from "../../api/views/rebalance-answer.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { hasStarted, type Move, planRebalance } from "../../core/what-if/rebalance.ts";
import { ok } from "../../lib/result.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import type { NodeId } from "../../model/ids.ts";
import type { Origin } from "../../model/origin.ts";
import type { Outcome } from "../../model/refusal.ts";
import { hasFinished } from "../../model/task/task.ts";
import type { TickLoop } from "../loop/tick-loop.ts";

export interface RebalanceQuery {
  dryRun?: boolean | undefined;
  includeData?: boolean | undefined;
}

/** A request is planned when the move of the one before it is in the state: else two requests at once would start two moves. */
export function rebalance(
  loop: TickLoop,
  state: ClusterState,
  query: RebalanceQuery,
  origin: Origin,
): Promise<Outcome<RebalanceAnswer>> {
  const turn = turns.get(loop) ?? new Semaphore(1);
  turns.set(loop, turn);
  return turn.run(() => planAndStart(loop, state, query, origin));
}

const turns = new WeakMap<TickLoop, Semaphore>();

async function planAndStart(
  loop: TickLoop,
  state: ClusterState,
  { dryRun = false, includeData = false }: RebalanceQuery,
  origin: Origin,
): Promise<Outcome<RebalanceAnswer>> {
  const { moves, kept } = planRebalance(state, includeData);
  const underWay = movesUnderWay(state);
  const shown = moves.map((move) => viewMove(state, move));
  const answer = { moves: shown, started: null, underWay, kept };
  if (dryRun || underWay.length > 0) return ok(answer);
  const first = moves.findIndex((move) => worksOut(loop, state, move));
  if (first < 0) return ok(answer);
  const { taskId, to } = moves[first]!;
  const outcome = await loop.submit({ type: "moveTask", taskId, to }, origin);
  return outcome.ok ? ok({ ...answer, started: shown[first]! }) : outcome;
}

/** True when the move, tried on the state as it is, starts a replica on its node. */
function worksOut(loop: TickLoop, state: ClusterState, { taskId, to }: Move): boolean {
  return loop.trial({ type: "moveTask", taskId, to }, (tick) => hasStarted(state, tick, { taskId, to }));
}

function movesUnderWay(state: ClusterState): RebalanceAnswer["underWay"] {
  const found: RebalanceAnswer["underWay"] = [];
  for (const task of state.tasks.values()) {
    const { moveTo } = task.requests ?? {};
    if (moveTo === undefined || hasFinished(task)) continue;
    found.push({ taskId: task.taskId, name: task.name, to: nodeOf(state, moveTo as NodeId) });
  }
  return found;
}

function viewMove(state: ClusterState, { taskId, name, from, to, why }: Move): MoveView {
  return { taskId, name, from: nodeOf(state, from), to: nodeOf(state, to), why };
}

function nodeOf({ nodes }: ClusterState, nodeId: NodeId) {
  return { nodeId, hostname: nodes.get(nodeId)?.hostname ?? nodeId };
}
