// Puts together what a plan says: from what happened while it was played, and from the state at its end.

import { compareTexts } from "../../../lib/compare-texts.ts";
import type { NodeId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { Plan, PlannedNode, PlannedService } from "../../../model/plan/plan.ts";
import { type Service, wantedReplicas } from "../../../model/service/service.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import { compareSlots, replicasOf } from "../../reconcile/service/replica.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Ledger, ServiceStory } from "./ledger.ts";
import type { Played } from "./played.ts";
import { warningsOf } from "./warnings.ts";

export function report(played: Played): Plan {
  const { ledger, revision, until, isComplete, outcome, begin } = played;
  const services = plannedServices(played);
  const nodes = plannedNodes(ledger);
  const warnings = warningsOf(played, services);
  const all = services.map(({ estimatedMs }) => estimatedMs);
  const lastAt = Math.max(begin, ...[...ledger.services.values()].map((story) => story.lastAt));
  const isKnown = until === "settled" && isComplete && !all.includes(null);
  return {
    ...{ revision, until, isComplete },
    hasChanges: outcome.records.length > 0 || services.some(({ action }) => action !== "unchanged"),
    services,
    others: outcome.records
      .filter(({ kind }) => kind !== "service")
      .map((one) => ({ ...one, fields: [...one.fields] })),
    nodes,
    warnings,
    steps: ledger.steps,
    stepCount: ledger.stepCount,
    estimatedMs: isKnown ? Math.max(0, lastAt - begin, ...all.map((ms) => ms ?? 0)) : null,
    outcome: outcome as Plan["outcome"],
  };
}

function plannedServices(played: Played): PlannedService[] {
  const { ledger, outcome, named, state } = played;
  const found = new Map<string, PlannedService>();
  for (const serviceId of ledger.affected) {
    const story = ledger.story(serviceId);
    // Tasks of a service that was removed before may still be stopping.
    if (story.before === null && story.after === null) continue;
    const service = plannedService(played, story);
    const isNothing = service.action === "replace" && service.starts + service.stops + service.inPlace === 0;
    if (!isNothing) found.set(service.name, service);
  }
  for (const name of named) {
    const service = state.serviceNamed(name);
    if (found.has(name) || !service || outcome.records.some((one) => one.kind === "service" && one.name === name))
      continue;
    const story = ledger.story(service.serviceId);
    found.set(name, { ...plannedService(played, story), action: "unchanged" });
  }
  return [...found.values()].sort((left, right) => compareTexts(left.name, right.name));
}

function plannedService({ state, outcome, begin, until, isComplete }: Played, story: ServiceStory): PlannedService {
  const { before, after, rollout } = story;
  const { name, serviceId } = (after ?? before)!;
  const record = outcome.records.find((one) => one.kind === "service" && one.name === name);
  const action = before === null ? "create" : after === null ? "remove" : record ? "update" : "replace";
  const isReplacing = action === "update" && before?.target !== after?.target && rollout !== null;
  const end = after === null ? "removed" : endOf(state, after);
  const isOver = isComplete && end !== "unfinished";
  return {
    ...{ name, action },
    order: isReplacing ? rollout.order : null,
    why: isReplacing ? rollout.why : "",
    changes: record && action === "update" ? record.fields.map(changeText) : [],
    replicas: { before: before ? wanted(state, before) : 0, after: after ? wanted(state, after) : 0 },
    ...{ starts: story.starts, stops: story.stops, inPlace: story.inPlace, end },
    downMs: downMs(story, before, serviceId, state),
    estimatedMs: until === "settled" && isOver ? Math.max(0, story.lastAt - begin) : null,
  };
}

function wanted(state: ClusterState, service: Service): number {
  return wantedReplicas(service) ?? replicasOf(state, service.serviceId).filter(({ stage }) => stage === "live").length;
}

function downMs(story: ServiceStory, before: Service | null, serviceId: string, state: ClusterState): number {
  return before === null || !state.tables.service.has(serviceId as never) ? 0 : story.downMs;
}

/** "image: nginx:1.27 -> nginx:1.28" */
export function changeText({ field, from, to }: { field: string; from: string; to: string }): string {
  const short = field.replace(/^template\./, "").replace(/^containers\[0\]\./, "");
  return `${short}: ${from} -> ${to}`;
}

function endOf(state: ClusterState, { serviceId, rollout, paused, reason, mode }: Service): PlannedService["end"] {
  if (mode.type === "selector") return "serves";
  if (rollout !== null && reason.code === "canary") return "canary";
  if (paused) return "paused";
  const live = replicasOf(state, serviceId).filter(({ stage }) => stage === "live");
  if (live.some(({ task }) => task.observed.status === "pending")) return "waits";
  if (reason.code === "failing") return "failing";
  return rollout === null && live.every(({ available }) => available) ? "serves" : "unfinished";
}

/** What comes to each node and what leaves it, with tasks that waited before the plan. */
function plannedNodes(ledger: Ledger): PlannedNode[] {
  const by = new Map<NodeId, { add: string[]; remove: string[] }>();
  const of = (nodeId: NodeId) => {
    const known = by.get(nodeId) ?? { add: [], remove: [] };
    by.set(nodeId, known);
    return known;
  };
  for (const { before, after } of ledger.tasks.values()) {
    const task = after ?? before;
    if (task === null) continue; // it came and went
    const waited = before !== null && before.placement === null;
    if (!waited && !ledger.concerns(task)) continue;
    const [was, is] = [nodeOf(before), nodeOf(after)];
    if (was === is) continue;
    if (was !== null) of(was).remove.push(task.name);
    if (is !== null) of(is).add.push(task.name);
  }
  return [...by]
    .map(([nodeId, { add, remove }]) => plannedNode(ledger.nodeName(nodeId), add, remove))
    .sort((left, right) => compareTexts(left.hostname, right.hostname));
}

function plannedNode(hostname: string, add: string[], remove: string[]): PlannedNode {
  const left = [...remove];
  const replace: string[] = [];
  const added = add.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) replace.push(...left.splice(at, 1));
    return at < 0;
  });
  const listed = (names: string[]) => names.sort(bySlot).slice(0, limits.planTasksOfNode);
  return { hostname, add: listed(added), remove: listed(left), replace: listed(replace) };
}

function bySlot(left: string, right: string): number {
  const [one, other] = [left.lastIndexOf("."), right.lastIndexOf(".")];
  return (
    compareTexts(left.slice(0, one), right.slice(0, other)) || compareSlots(left.slice(one + 1), right.slice(other + 1))
  );
}

/** Where it runs, or will: null if it waits, ends or has ended. */
function nodeOf(task: Task | null): NodeId | null {
  if (task === null || hasFinished(task) || task.desired === "stopped" || task.placement === null) return null;
  return task.placement.nodeId;
}
