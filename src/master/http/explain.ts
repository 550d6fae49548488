// Explains a task's placement: makes the same decision again, on the state before it if the journal still has that.

import { smallestChange } from "../../core/schedule/explain/smallest-change.ts";
import { summarise, summarisePlacement } from "../../core/schedule/explain/summarise.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { findTask } from "../../core/state/lookup.ts";
import { type Log as HistoryLog, recoverBefore } from "../../core/state/recover.ts";
import { nodesWithout } from "../../core/what-if/without-task.ts";
import { JournalUnusable } from "../../journal/journal.ts";
import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { type Change, placesTask } from "../../model/change.ts";
import { waitedSentence } from "../../model/dependency/dependency.ts";
import type { Explanation } from "../../model/explanation.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { waitsForDependency } from "../../model/task/reason.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import type { Task } from "../../model/task/task.ts";
import { type TaskView, viewTask } from "../../model/task/view.ts";

/** Records replayed before other requests are served: some milliseconds. */
const recordsPerSlice = 500;

export interface Explainer {
  explain(task: Task): Promise<Outcome<Explanation>>;
}

/** `durable` resolves with the state when nothing in it is undurable. */
export function createExplainer(durable: () => Promise<ClusterState>, journal: HistoryLog, clock: Clock): Explainer {
  // Each replay holds a whole state in memory: one at a time, and few in the queue.
  const turn = new Semaphore(1);
  let inLine = 0;
  return {
    async explain(task) {
      if (task.placement === null) return explainNow(task.taskId, await durable(), clock.now());
      if (inLine >= limits.explanationsInLine) {
        return refuse("too-many", `${inLine} explanations are being made, which is the limit`, {
          hint: "Try again in a moment.",
        });
      }
      inLine++;
      try {
        const placement = await turn.run(() => stateOfPlacement(journal, clock, task));
        if (placement) return ok(describe(task, placement, "decision", placement.revision + 1, clock.now()));
        return explainNow(task.taskId, await durable(), clock.now());
      } finally {
        inLine--;
      }
    },
  };
}

/** By the current state and record: the task may have ended, or be gone, since it was asked for. */
function explainNow(taskId: TaskId, state: ClusterState, now: number): Outcome<Explanation> {
  const found = findTask(state, taskId);
  return found.ok ? ok(describe(found.value, state, "now", state.revision, now)) : found;
}

/** The state before the task was placed; null if the journal no longer has it. */
async function stateOfPlacement(journal: HistoryLog, clock: Clock, task: Task): Promise<ClusterState | null> {
  let records = 0;
  const pause = async (read: number): Promise<void> => {
    records += read;
    if (records < recordsPerSlice) return;
    records = 0;
    await new Promise<void>((resolve) => clock.soon(resolve));
  };
  const isPlacement = (change: Change) => placesTask(change, task.taskId);
  try {
    return await recoverBefore(journal, task.placement!.revision, isPlacement, pause);
  } catch (error) {
    // The journal was truncated meanwhile: it no longer has that state.
    if (error instanceof JournalUnusable) return null;
    throw error;
  }
}

function describe(
  task: Task,
  state: ClusterState,
  basis: Explanation["basis"],
  revision: number,
  now: number,
): Explanation {
  const { strategy } = state.cluster;
  const wanted = requirementsOfTask(task);
  const view = viewTask(task);
  const { taskId, name, status, reason, restarts, lastFailure, nodeId } = view;
  const index = basis === "now" ? nodesWithout(state, task) : state.schedule;
  const verdicts = index.explain(wanted, strategy, state.cursors.lastNodeId);
  const nodes = nodeId === null ? verdicts : verdicts.map((node) => ({ ...node, chosen: node.nodeId === nodeId }));
  return {
    taskId,
    name,
    status,
    reason,
    restarts,
    lastFailure,
    ...explainedContainers(view),
    strategy,
    summary: waitingFor(task, state, now) ?? summaryOf(task, nodes, strategy, basis),
    revision,
    basis,
    chosenNodeId: nodeId,
    nodes,
    smallestChange:
      status === "pending" && reason.code !== "preempting" && !waitsForDependency(reason)
        ? smallestChange(nodes, wanted, (id) => state.nodes.get(id))
        : null,
  };
}

/** Nothing for a task of one container. */
function explainedContainers({ containers, initContainers = [] }: TaskView): Pick<Explanation, "containers"> {
  if (!containers) return {};
  return {
    containers: [...initContainers, ...containers].map(({ name, status, reason, ready, restarts, sidecar }) => ({
      name,
      status: status ?? "pending",
      reason: reason ?? { code: "waiting", message: "not started yet" },
      ...{ ready: ready ?? false, restarts },
      ...(sidecar ? { sidecar } : {}),
    })),
  };
}

/** The sentence of a task that waits for what its service or job depends on; null for others. */
function waitingFor({ placement, owner, observed }: Task, { tables }: ClusterState, now: number): string | null {
  if (placement !== null || owner === null || !waitsForDependency(observed.reason)) return null;
  const { waitsFor } = tables[owner.kind === "job" ? "job" : "service"].get(owner.id) ?? {};
  return waitsFor ? waitedSentence(waitsFor, now) : observed.reason.message;
}

function summaryOf(task: Task, nodes: Explanation["nodes"], strategy: Explanation["strategy"], basis: string): string {
  const { placement, observed } = task;
  if (placement === null) {
    if (observed.status !== "pending") return `it was never placed: ${observed.reason.message}`;
    // Capacity is held for it: what other nodes lack is of no interest.
    if (observed.reason.code === "preempting") return observed.reason.message;
    return summarise(nodes, requirementsOfTask(task)).message;
  }
  const placed = summarisePlacement(nodes, strategy);
  if (basis === "decision") return placed;
  return `${placed}; the journal no longer has the state of that decision, so this shows the current state`;
}
