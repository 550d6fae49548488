// What a worker's report changes: the legal moves only, and nothing when it repeats what is known.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { TaskId } from "../../model/ids.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isFinished, isPlaced, type Reason, type Task } from "../../model/task/task.ts";
import { isLegalTransition, legalTargets } from "../../model/task/transitions.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findTask } from "../state/lookup.ts";
import type { Decision, DecisionContext, TaskReportFields } from "./command.ts";

/** What a report may set, beside the status. */
const observedFields = [
  "reason",
  "containerId",
  "exitCode",
  "oomKilled",
  "restarts",
  "publishedPorts",
  "startedAt",
  "finishedAt",
  "error",
  "lastFailure",
] as const;

export function decideReport(
  state: ClusterState,
  taskId: TaskId,
  report: TaskReportFields,
  { now }: DecisionContext,
): Outcome<Decision> {
  const found = findTask(state, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const granted = { taskId };
  if (report.nodeId !== undefined && report.nodeId !== task.nodeId) {
    return refuse("not-your-task", `task ${taskId} is on ${task.nodeId ?? "no node"}, not on ${report.nodeId}`, {
      hint: "Stop what runs of it on this node: it was given to another, or never to this one.",
      details: { taskId, nodeId: task.nodeId },
    });
  }
  if (report.status === task.status) {
    // A repeated last report is harmless; nothing about a finished task changes any more.
    if (!isPlaced(task.status)) return ok({ changes: [], granted });
  } else if (!isLegalTransition(task.status, report.status, "worker")) {
    return illegalMove(task, report.status);
  } else if (report.status === "stopped" && task.desired !== "stopped") {
    return refuse("illegal-move", `task ${taskId} was not asked to stop, so it cannot be reported as stopped`, {
      hint: "Report completed or failed, or ask it to stop first.",
      details: { taskId, from: task.status, to: report.status },
    });
  }
  const set = differences(task, completed(task, report, toTimestamp(now)));
  if (set === null) return ok({ changes: [], granted });
  return ok({ changes: [{ type: "task.updated", taskId, set }], granted });
}

function illegalMove(task: Task, to: string): Outcome<never> {
  const targets = legalTargets(task.status, "worker");
  return refuse("illegal-move", `task ${task.taskId} is ${task.status} and cannot become ${to}`, {
    hint: isFinished(task.status)
      ? "It has finished; a finished task never changes."
      : targets.length > 0
        ? `From ${task.status} a report may say: ${targets.join(", ")}.`
        : "It has not been placed on a node yet.",
    details: { taskId: task.taskId, from: task.status, to, legal: targets },
  });
}

/** The report with the times and the reason that a short report leaves out. */
function completed(task: Task, report: TaskReportFields, at: string): TaskReportFields {
  if (report.status === task.status) return report;
  const full = { ...report, reason: report.reason ?? defaultReason(report) };
  if (report.status === "running") full.startedAt ??= at;
  if (isFinished(report.status)) full.finishedAt ??= at;
  return full;
}

function defaultReason({ status, exitCode, error }: TaskReportFields): Reason {
  const code = exitCode ?? null;
  if (status === "running") return { code: "running", message: "running" };
  if (status === "stopped")
    return { code: "stopped", message: `stopped${code === null ? "" : ` with exit code ${code}`}` };
  if (code !== null) return { code: "exited", message: `exited with code ${code}` };
  return { code: "reported", message: error || `reported as ${status}` };
}

function differences(task: Task, report: TaskReportFields): Partial<Task> | null {
  const set: Record<string, unknown> = {};
  if (report.status !== task.status) set.status = report.status;
  for (const field of observedFields) {
    const value = report[field];
    if (value !== undefined && !same(value, task[field])) set[field] = value;
  }
  for (const _ in set) return set as Partial<Task>;
  return null;
}

function same(left: unknown, right: unknown): boolean {
  return left === right || (typeof left === "object" && JSON.stringify(left) === JSON.stringify(right));
}
