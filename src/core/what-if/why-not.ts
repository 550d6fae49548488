// Why a task is not on a certain node: which filters the node fails, what would have to change, or why another one is better.

import type { NodeVerdict, WhyNot } from "../../model/explanation.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import { hasFinished, type Task } from "../../model/task/task.ts";
import { smallestChange } from "../schedule/explain/smallest-change.ts";
import { isBetter } from "../schedule/index/best.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { nodesWithout } from "./without-task.ts";

/** By the state as it is now, also for a task that was placed in another one. */
export function whyNot(state: ClusterState, task: Task, asked: NodeRecord): WhyNot {
  const { strategy } = state.cluster;
  const wanted = requirementsOfTask(task);
  const verdicts = nodesWithout(state, task).explain(wanted, strategy, state.cursors.lastNodeId);
  const verdict = verdicts.find(({ nodeId }) => nodeId === asked.nodeId)!;
  const best = verdicts.find(({ chosen }) => chosen) ?? null;
  const on = hasFinished(task) || task.placement === null ? null : task.placement.nodeId;
  const current = verdicts.find(({ nodeId }) => nodeId === on) ?? null;
  const { taskId, name, observed } = task;
  return {
    ...{ taskId, name, status: observed.status, revision: state.revision },
    ...{ node: named(verdict), current: current && named(current), best: best && named(best) },
    ...{ isThere: on === asked.nodeId, fits: verdict.fits },
    sentence: sentenceOf(task, { verdict, current, best }, state),
    filters: verdict.filters.filter(({ passed }) => !passed),
    change: verdict.fits ? null : smallestChange([verdict], wanted, (id) => state.nodes.get(id)),
    ...{ score: verdict.scoreMessage, bestScore: best?.scoreMessage ?? null },
  };
}

interface Verdicts {
  verdict: NodeVerdict;
  current: NodeVerdict | null;
  best: NodeVerdict | null;
}

const named = ({ nodeId, hostname }: NodeVerdict) => ({ nodeId, hostname });

function sentenceOf(task: Task, { verdict, current, best }: Verdicts, { cluster }: ClusterState): string {
  const { name } = task;
  const { hostname } = verdict;
  if (current === verdict) return `${name} is on ${hostname}`;
  if (!verdict.fits) {
    const failed = verdict.filters.filter(({ passed }) => !passed).map(({ message }) => message);
    return `${name} does not fit on ${hostname}: ${failed.join("; ")}`;
  }
  const where = whereItIs(task, current);
  if (best === verdict) return `${name} fits on ${hostname}, the best node for it now${where}`;
  const compared = `${hostname} has ${verdict.scoreMessage}, ${best!.hostname} ${best!.scoreMessage}`;
  const isEqual = !isBetter(best!, verdict);
  const how = isEqual ? `${best!.hostname} is as good and comes first` : `${best!.hostname} is better`;
  return `${name} fits on ${hostname}, but ${how} by ${cluster.strategy}: ${compared}${where}`;
}

function whereItIs(task: Task, current: NodeVerdict | null): string {
  if (hasFinished(task)) return "; it has ended, and is not placed again";
  if (current === null) return "";
  return `; it stays on ${current.hostname}, because a placed task never moves`;
}
