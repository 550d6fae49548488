// What a worker's report changes of a task: only legal transitions, and nothing if it repeats what is known.

import { fromTimestamp, toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { TaskId } from "../../model/ids.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isFinished, isPlaced, type Reason } from "../../model/task/reason.ts";
import {
  type ContainerStatus,
  noContainerStatus,
  type PackedContainerStatus,
  type PackedStatus,
  podStatusFields,
} from "../../model/task/status.ts";
import type { PackedTaskUpdate, Task } from "../../model/task/task.ts";
import { isLegalTransition, legalTargets } from "../../model/task/transitions.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findTask } from "../state/lookup.ts";
import type { Decision, DecisionContext, TaskReportFields } from "./command.ts";
import { ending, endingChanges } from "./ending.ts";
import { jobCount } from "./job-count.ts";
import { filledVolumes } from "./volume-use.ts";

export function decideReport(
  state: ClusterState,
  taskId: TaskId,
  report: TaskReportFields,
  context: DecisionContext,
): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const granted = { taskId };
  const nodeId = task.placement?.nodeId ?? null;
  const from = task.observed.status;
  if (report.nodeId !== undefined && report.nodeId !== nodeId) {
    return refuse("not-your-task", `task ${taskId} is on ${nodeId ?? "no node"}, not on ${report.nodeId}`, {
      hint: "Stop its containers on this node: the task was given to another node, or never to this one.",
      details: { taskId, nodeId },
    });
  }
  if (report.status === from) {
    // A repeated last report is harmless, and nothing of a finished task changes any more.
    if (!isPlaced(from) || isOvertaken(task, report)) return ok({ changes: [], granted });
  } else if (!isLegalTransition(from, report.status, "worker")) {
    return illegalMove(task, report.status);
  } else if (report.status === "stopped" && task.desired !== "stopped") {
    return refuse("illegal-move", `task ${taskId} was not asked to stop, so it cannot be reported as stopped`, {
      hint: "Report completed or failed, or ask it to stop first.",
      details: { taskId, from, to: report.status },
    });
  }
  const unknown = report.containers?.find(({ name }) => !hasContainer(task, name));
  if (unknown) return noContainer(task, unknown.name);
  const set = updateOf(task, report, context);
  if (set === null) return ok({ changes: [], granted });
  const filled = filledVolumes(state, task, set);
  if (!set.ended) return ok({ changes: [{ type: "task.updated", id: taskId, set }, ...filled], granted });
  return ok({
    changes: [...filled, ...jobCount(state, task, set.observed!, context), ...endingChanges(task, set)],
    granted,
  });
}

/** True for a report that comes after a later one: a container of it is in an earlier run, and was restarted less often. */
function isOvertaken(task: Task, report: TaskReportFields): boolean {
  return containersOf(task, report).some(({ name, restarts, startedAt }) => {
    const known = task.observed.containers.find((one) => one.name === name);
    if (!known?.startedAt || !startedAt || restarts === undefined) return false;
    return restarts < known.restarts && fromTimestamp(startedAt) < fromTimestamp(known.startedAt);
  });
}

/** A report of one container says its fields without a name. */
function containersOf({ spec }: Task, report: TaskReportFields) {
  return report.containers ?? [{ ...report, name: spec.containers[0]!.name }];
}

function illegalMove(task: Task, to: string): Outcome<never> {
  const targets = legalTargets(task.observed.status, "worker");
  return refuse("illegal-move", `task ${task.taskId} is ${task.observed.status} and cannot become ${to}`, {
    hint: isFinished(task.observed.status)
      ? "It has finished; a finished task never changes."
      : targets.length > 0
        ? `From ${task.observed.status} a report may say: ${targets.join(", ")}.`
        : "It has not been placed on a node yet.",
    details: { taskId: task.taskId, from: task.observed.status, to, legal: targets },
  });
}

function hasContainer({ spec: { containers, init } }: Task, name: string): boolean {
  return [...init, ...containers].some((one) => one.name === name);
}

/** The refusal of an unknown container: without it, the record would grow with each invented name. */
function noContainer({ taskId, spec: { containers, init } }: Task, name: string): Outcome<never> {
  const names = [...init, ...containers].map((one) => one.name);
  return refuse("unprocessable", `task ${taskId} has no container ${JSON.stringify(name)}`, {
    hint: `Its containers: ${names.join(", ")}.`,
    details: { taskId, container: name },
  });
}

/** What the report changes of the task; null if nothing. */
function updateOf(task: Task, report: TaskReportFields, context: DecisionContext): PackedTaskUpdate | null {
  const { status } = report;
  const moves = status !== task.observed.status;
  const reason = withPreemption(task, report.reason ?? (moves ? defaultReason(report) : undefined), status);
  const ready = isFinished(status) ? false : (report.ready ?? impliedReady(task, report));
  const { finishedAt } = report;
  const changed: PackedStatus = {
    ...(moves ? { status } : {}),
    ...(reason !== undefined && differs(reason, task.observed.reason) ? { reason } : {}),
    ...(ready !== undefined && ready !== task.observed.ready ? { ready } : {}),
    ...(finishedAt !== undefined && finishedAt !== task.observed.finishedAt ? { finishedAt } : {}),
    ...changedContainers(task, report, moves && status === "running" ? toTimestamp(context.now) : null),
  };
  if (moves && isFinished(status)) return ending(changed, context);
  for (const _ in changed) return { observed: changed };
  return null;
}

/** What a report without `ready` says of it: what begins to run is ready, and what has no container any more is not. */
function impliedReady({ observed, spec }: Task, { status, startedAt, reason }: TaskReportFields): boolean | undefined {
  if (status !== observed.status) return status === "running";
  const known = observed.containers.find(({ name }) => name === spec.containers[0]!.name);
  if (status !== "running" || startedAt === undefined || startedAt === (known?.startedAt ?? null)) return undefined;
  return startedAt !== null && reason?.code === "running";
}

/**
 * `startedAt`: for containers that do not say when they started; null if the task does not start with this report. Of several
 * containers, one that says null has not started: it waits for others.
 */
function changedContainers(
  task: Task,
  report: TaskReportFields,
  startedAt: string | null,
): Pick<PackedStatus, "containers"> {
  const changed: PackedContainerStatus[] = [];
  for (const container of containersOf(task, report)) {
    const known = task.observed.containers.find((one) => one.name === container.name) ?? noContainerStatus;
    const set: Record<string, unknown> = {};
    const isWaiting = report.containers !== undefined && container.startedAt === null;
    for (const field of report.containers ? fieldsOfSeveral : containerFields) {
      const isStart = field === "startedAt" && !isWaiting;
      const value = isStart ? (container.startedAt ?? startedAt ?? container.startedAt) : container[field];
      if (value !== undefined && differs(value, known[field])) set[field] = value;
    }
    if (Object.keys(set).length === 0) continue;
    if (container.name !== noContainerStatus.name) set.name = container.name;
    changed.push(set);
  }
  return changed.length > 0 ? { containers: changed } : {};
}

const containerFields = (Object.keys(noContainerStatus) as (keyof ContainerStatus)[]).filter(
  (key): key is Exclude<keyof ContainerStatus, "name"> => key !== "name",
);

const fieldsOfSeveral = [...containerFields, ...podStatusFields];

/** A task that was stopped for another one says so to the end. */
function withPreemption(
  { requests }: Task,
  reason: Reason | undefined,
  status: TaskReportFields["status"],
): Reason | undefined {
  const preempted = requests?.preempted;
  if (!preempted || reason === undefined || status !== "stopped") return reason;
  return { ...reason, message: `preempted by ${preempted.name} (priority ${preempted.priority}); ${reason.message}` };
}

function defaultReason({ status, exitCode, error }: TaskReportFields): Reason {
  const code = exitCode ?? null;
  if (status === "running") return { code: "running", message: "running" };
  if (status === "stopped")
    return { code: "stopped", message: `stopped${code === null ? "" : ` with exit code ${code}`}` };
  if (code !== null) return { code: "exited", message: `exited with code ${code}` };
  return { code: "reported", message: error || `reported as ${status}` };
}

function differs(left: unknown, right: unknown): boolean {
  return left !== right && (typeof left !== "object" || JSON.stringify(left) !== JSON.stringify(right));
}
