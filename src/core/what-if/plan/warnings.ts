// What a person should know before a plan is carried out, as sentences.

import { compareTexts } from "../../../lib/compare-texts.ts";
import { limits } from "../../../model/limits.ts";
import { hasWorker } from "../../../model/node/node.ts";
import type { PlannedService } from "../../../model/plan/plan.ts";
import { localDataOf } from "../../../model/task/local-data.ts";
import { requirementsOfTask } from "../../../model/task/requirements.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import { smallestChange } from "../../schedule/explain/smallest-change.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Played } from "./played.ts";

/** Groups of waiting tasks for which the smallest change is looked for: each look reads every node. */
const changesNamed = 3;

export function warningsOf(played: Played, services: readonly PlannedService[]): string[] {
  const { ledger } = played;
  const found = [
    ...services.flatMap((service) => ofService(played, service)),
    ...waiting(played),
    ...ledger.preempted,
    ...ended(played),
    ...withoutWorker(played),
    ...leavingData(played),
  ];
  if (!played.isComplete) found.push(unfinished(played, services));
  return [...new Set(found)].slice(0, limits.planWarnings);
}

function ofService({ until }: Played, service: PlannedService): string[] {
  const { name, downMs, order, why, end, replicas } = service;
  const found: string[] = [];
  if (downMs > 0) {
    const has = replicas.after === 1 ? "has one replica" : `has ${replicas.after} replicas`;
    found.push(`${name} ${has}, and none of them serves for about ${seconds(downMs)} meanwhile`);
  } else if (until === "placed" && order === "stop-first" && replicas.after === 1)
    found.push(`${name} has one replica, which stops before the new one starts`);
  if (order === "stop-first" && !why.endsWith("as asked for")) found.push(`${name} is replaced ${why}`);
  if (end === "canary") found.push(`${name} stops at its canaries: podling service promote ${name} goes on`);
  if (end === "paused") found.push(`${name} is paused: podling service resume ${name} goes on`);
  return found;
}

/** Why tasks wait: one sentence for those that wait for the same. */
function waiting({ state, ledger }: Played): string[] {
  const byReason = new Map<string, Task[]>();
  for (const serviceId of ledger.affected) {
    for (const taskId of state.serviceTasks.of(serviceId)) {
      const task = state.task(taskId);
      if (task.observed.status !== "pending") continue;
      const why = whyWaiting(state, task);
      byReason.set(why, [...(byReason.get(why) ?? []), task]);
    }
  }
  for (const { before, after } of ledger.tasks.values()) {
    if (after?.observed.status !== "pending" || after.owner?.kind === "service") continue;
    // One that waited before, and for the same, is not of the plan.
    if (before?.observed.status === "pending" && before.owner === null) continue;
    const why = whyWaiting(state, after);
    byReason.set(why, [...(byReason.get(why) ?? []), after]);
  }
  return [...byReason].map(([why, tasks], index) => {
    const [first] = tasks;
    const others = tasks.length === 1 ? "" : ` and ${tasks.length - 1} more`;
    const verb = tasks.length === 1 ? "waits" : "wait";
    const change = index < changesNamed ? changeFor(state, first!) : null;
    return `${first!.name}${others} ${verb}: ${why}${change === null ? "" : `; to change that: ${change}`}`;
  });
}

function whyWaiting({ schedule }: ClusterState, task: Task): string {
  const { code, message } = task.observed.reason;
  const isByNodes = code === "waiting" || code === "no-node-fits" || code === "no-nodes";
  return isByNodes ? schedule.whyNone(requirementsOfTask(task)).message : message;
}

function changeFor(state: ClusterState, task: Task): string | null {
  const wanted = requirementsOfTask(task);
  const { strategy } = state.cluster;
  const verdicts = state.schedule.explain(wanted, strategy, state.cursors.lastNodeId);
  const own = wanted.node === null ? verdicts : verdicts.filter(({ nodeId }) => nodeId === wanted.node);
  return smallestChange(own, wanted, (nodeId) => state.nodes.get(nodeId));
}

/** Tasks without a service that end, and that nothing replaces. */
function ended({ ledger }: Played): string[] {
  const found: string[] = [];
  for (const { before, after } of ledger.tasks.values()) {
    if (before === null || before.owner !== null || hasFinished(before) || before.placement === null) continue;
    const isOver = after === null || hasFinished(after) || after.desired === "stopped";
    if (!isOver || after?.replacedBy || after?.observed.status === "completed") continue;
    found.push(`${before.name} ends, and nothing starts it again: it belongs to no service`);
  }
  return found;
}

function withoutWorker({ state, ledger }: Played): string[] {
  const names = new Set<string>();
  for (const { before, after } of ledger.tasks.values()) {
    if (before?.placement || !after?.placement || hasFinished(after) || !ledger.concerns(after)) continue;
    const node = state.nodes.get(after.placement.nodeId);
    if (node && !hasWorker(node)) names.add(node.hostname);
  }
  return [...names].sort(compareTexts).map((name) => `${name} has no worker: what is placed there does not start`);
}

/** Replicas that get another node than the one with their folders and volumes. */
function leavingData({ ledger }: Played): string[] {
  const nodes = new Map<string, Set<string>>();
  for (const { before, after } of ledger.tasks.values()) {
    if (before !== null || !after?.placement || localDataOf(after.spec).length === 0) continue;
    const known = nodes.get(after.name);
    if (known) known.add(after.placement.nodeId);
    else nodes.set(after.name, new Set([after.placement.nodeId]));
  }
  const found: string[] = [];
  for (const { before } of ledger.tasks.values()) {
    const next = before === null ? undefined : nodes.get(before.name);
    if (before === null || before.placement === null || next === undefined || !ledger.concerns(before)) continue;
    const { nodeId } = before.placement;
    const data = localDataOf(before.spec);
    if (data.length > 0 && !hasFinished(before) && !next.has(nodeId))
      found.push(`${before.name} leaves its data behind on ${ledger.nodeName(nodeId)}: ${data.join(", ")}`);
  }
  return found;
}

function unfinished({ ledger, now, begin }: Played, services: readonly PlannedService[]): string {
  const names = services.filter(({ end }) => end === "unfinished" || end === "waits").map(({ name }) => name);
  const which = names.length === 0 ? "not everything is done" : `${names.slice(0, 5).join(", ")} not done`;
  const deadlines = [...ledger.affected].flatMap((id) => ledger.services.get(id)?.after?.rollout ?? []);
  const back = deadlines.some(({ from }) => from !== null);
  const then = deadlines.length === 0 ? "" : back ? "; at its deadline a rollout goes back" : "";
  return `the plan ends after ${seconds(now - begin)}, with ${which}${then}`;
}

function seconds(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 60_000)} min`;
}
