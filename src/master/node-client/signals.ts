// Sends a signal to the main process of a task, through the worker of its node. Nothing is recorded: the signal is delivered
// once if the worker says so, and the caller cannot know if there is no answer.

import { workerOperations } from "../../api/worker-operations.ts";
import { ok } from "../../lib/result.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Task } from "../../model/task/task.ts";
import { type AskContext, askNode, unusable } from "./ask-node.ts";

/** True for the signal that ends a process at once, and so the task. */
export function isKill(signal: string): boolean {
  return /^((SIG)?KILL|9)$/i.test(signal);
}

export async function sendSignal(
  { name, taskId, observed }: Task,
  node: NodeRecord | undefined,
  { signal, container }: { readonly signal: string; readonly container: string | null },
  abort: AbortSignal,
  context: AskContext,
): Promise<Outcome<null>> {
  if (observed.status !== "running" || !node) {
    return refuse("illegal-move", `task ${name} (${taskId}) is ${observed.status}: it has no process`, {
      hint: `A signal reaches only a running task: podling explain ${name} says why it does not run.`,
      details: { taskId, status: observed.status },
    });
  }
  const answer = await askNode(
    node,
    {
      operation: workerOperations.killTask,
      parameters: { id: taskId },
      query: { signal, ...(container === null ? {} : { container }) },
      accept: "application/json",
      signal: abort,
      hint: "It is not known whether the signal was delivered.",
    },
    context,
  );
  if (!answer.ok) return answer;
  const response = answer.value;
  if (response.ok) {
    await response.body?.cancel();
    return ok(null);
  }
  const refusal = await unusable(node, response);
  // A worker of 0.1.0 has nothing at this path.
  if (refusal.code === "route-not-found" || refusal.code === "method-not-allowed") {
    const version = node.version === "" ? "" : ` (version ${node.version})`;
    return refuse("unprocessable", `the worker of ${node.hostname}${version} cannot send signals`, {
      hint: "Upgrade the worker. podling stop ends a task on every worker.",
      details: { taskId, nodeId: node.nodeId },
    });
  }
  return { ok: false, refusal };
}
