// The answer to a removal that waits until the container is gone: waits for the end of the record, then asks the worker
// whether it still has a container. An offline node is not asked: its container is removed when it is back.

import { workerOperations } from "../../api/worker-operations.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import { hasWorker, type NodeRecord } from "../../model/node/node.ts";
import type { Task } from "../../model/task/task.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { Watchers } from "../watch/watchers.ts";
import { type AskContext, askNode, unusable } from "./ask-node.ts";

interface RemovalContext {
  state: Pick<ClusterState, "tasks" | "nodes">;
  loop: Pick<TickLoop, "whenDurable">;
  watchers: Pick<Watchers, "waitFor">;
  clock: Clock;
  logs: AskContext;
}

/** Between two questions to the worker: it removes an ended container within some milliseconds. */
const pauseMs = { first: 20, longest: 500 };
/** An engine that needs longer for a removal is in trouble, or the disk is. */
const removalPatienceMs = 5_000;

export class Removal {
  readonly #task: Task;
  readonly #context: RemovalContext;

  /** `task`: as it was before the removal was asked for. */
  constructor(task: Task, context: RemovalContext) {
    this.#task = task;
    this.#context = context;
  }

  async answer(timeoutMs: number, signal: AbortSignal): Promise<Response> {
    const { taskId, name, placement } = this.#task;
    const { state, loop, watchers } = this.#context;
    const node = () => (placement === null ? undefined : state.nodes.get(placement.nodeId));
    const before = node();
    await watchers.waitFor(taskId, () => false, timeoutMs, signal);
    // At the timeout, a removal that the state shows may not be durable yet.
    await loop.whenDurable();
    if (state.tasks.has(taskId)) {
      const where = before ? `${before.hostname} has not reported that its container is gone` : "it is on no node";
      return notYet(`${name} is being removed; ${where}. Its record goes when that is known`);
    }
    if (placement === null) return new Response(null, { status: 204 });
    const after = node();
    if (!after || after.status === "offline") {
      const hostname = (after ?? before)?.hostname ?? placement.nodeId;
      return notYet(`${name} is removed, but ${hostname} is offline: its container goes when that node is back`);
    }
    const found = await this.#askWorker(after, signal);
    if (found === "gone") return new Response(null, { status: 204 });
    if (found === "there") return notYet(`${name} is removed, but its container is still on ${after.hostname}`);
    const { hostname } = after;
    const who = hasWorker(after)
      ? `${hostname} is online, and removes it by itself`
      : `${hostname} was registered without a worker, so that a container has to be removed there`;
    return notYet(`${name} is removed, but it is not known whether its container is gone: ${found.why}. ${who}`);
  }

  /** `why`: the worker cannot be asked. It has reported the end of the container, which is not yet its removal. */
  async #askWorker(node: NodeRecord, signal: AbortSignal): Promise<"gone" | "there" | { why: string }> {
    const { clock, logs } = this.#context;
    const deadline = clock.now() + removalPatienceMs;
    const parameters = { id: this.#task.taskId };
    for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.longest)) {
      const request = { operation: workerOperations.getTask, parameters, accept: "application/json", signal, hint: "" };
      const answer = await askNode(node, request, logs);
      if (!answer.ok) return { why: answer.refusal.message };
      if (!answer.value.ok) {
        const { code, message } = await unusable(node, answer.value);
        return code === "task-not-found" ? "gone" : { why: message };
      }
      await answer.value.body?.cancel();
      if (signal.aborted || clock.now() >= deadline) return "there";
      await delay(clock, pause, signal);
    }
  }
}

function notYet(message: string): Response {
  return Response.json({ message }, { status: 202 });
}
