// Shows the scheduler's working: the same decision again, on the state it was made from where the log still has it.

import { smallestChange, summarise, summarisePlacement } from "../../core/schedule/explain/summarise.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type Log as HistoryLog, recoverBefore } from "../../core/state/recover.ts";
import { JournalUnusable } from "../../journal/journal.ts";
import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import type { Explanation } from "../../model/explanation.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isPlaced, type Task } from "../../model/task/task.ts";

/** Records replayed before others are let in: some milliseconds. */
const recordsPerSlice = 500;

export interface Explainer {
  explain(task: Task): Promise<Outcome<Explanation>>;
}

export function createExplainer(state: ClusterState, journal: HistoryLog, clock: Clock): Explainer {
  // Each replay holds a whole state: one at a time, and not many in line.
  const turn = new Semaphore(1);
  let inLine = 0;
  return {
    async explain(task) {
      if (task.scheduledRevision === null) return ok(describe(task, state, "now", state.revision));
      if (inLine >= limits.explanationsInLine) {
        return refuse("too-many", `${inLine} explanations are being worked out, which is the limit`, {
          hint: "Wait a little and try again.",
        });
      }
      inLine++;
      try {
        const placement = await turn.run(() => stateOfPlacement(journal, clock, task));
        if (placement) return ok(describe(task, placement, "decision", placement.revision + 1));
        return ok(describe(task, state, "now", state.revision));
      } finally {
        inLine--;
      }
    },
  };
}

/** What the task was placed from; null where the log no longer reaches back so far. */
async function stateOfPlacement(journal: HistoryLog, clock: Clock, task: Task): Promise<ClusterState | null> {
  const replay = recoverBefore(
    journal,
    task.scheduledRevision!,
    (change) => change.type === "task.updated" && change.taskId === task.taskId && change.set.status === "scheduled",
  );
  try {
    for (let records = 0; ; ) {
      const next = replay.next();
      if (next.done) return next.value;
      records += next.value;
      if (records < recordsPerSlice) continue;
      records = 0;
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
  } catch (error) {
    // Truncated under our hands: then it does not reach back so far any more.
    if (error instanceof JournalUnusable) return null;
    throw error;
  }
}

function describe(task: Task, state: ClusterState, basis: Explanation["basis"], revision: number): Explanation {
  const { strategy } = state.cluster;
  let index = state.schedule;
  if (basis === "now" && isPlaced(task.status)) {
    // Its own place counts as free, else it would not fit beside itself.
    index = index.clone();
    index.release(task.nodeId!, task);
  }
  const verdicts = index.explain(task, strategy, state.lastNodeId);
  const nodes =
    task.nodeId === null ? verdicts : verdicts.map((node) => ({ ...node, chosen: node.nodeId === task.nodeId }));
  const pending = task.status === "pending";
  return {
    taskId: task.taskId,
    name: task.name,
    status: task.status,
    reason: task.reason,
    restarts: task.restarts,
    lastFailure: task.lastFailure,
    strategy,
    summary: summaryOf(task, nodes, strategy, basis),
    revision,
    basis,
    chosenNodeId: task.nodeId,
    nodes,
    smallestChange: pending ? smallestChange(nodes, task, (nodeId) => state.nodes.get(nodeId)) : null,
  };
}

function summaryOf(task: Task, nodes: Explanation["nodes"], strategy: Explanation["strategy"], basis: string): string {
  if (task.nodeId === null) {
    if (task.status !== "pending") return `it was never placed: ${task.reason.message}`;
    return summarise(nodes, task).message;
  }
  const placed = summarisePlacement(nodes, strategy);
  if (basis === "decision") return placed;
  return `${placed}; the log no longer reaches back to the decision, so this is how it would look now`;
}
