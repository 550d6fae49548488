// Finds the containers that an earlier process of this worker has left under a node that it was before. The master is asked
// for the task of each: one that the present worker of that node may run stays. It stops nothing itself.

import { type Client, UnreachableError } from "../../api/client.ts";
import type { Log } from "../../lib/log.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { FormerNode, FormerNodes } from "../former-nodes.ts";
import type { TaskTable } from "../task/task-table.ts";
import type { AssignmentStream } from "./deleted-tasks.ts";

export interface LeftContainersOptions {
  client: Client;
  runtime: Runtime;
  log: Log;
  signal: AbortSignal;
  tasks: TaskTable;
  former: FormerNodes;
  /** A 404 for a task counts only while the stream is open. */
  stream: AssignmentStream;
}

export class LeftContainers {
  readonly #options: LeftContainersOptions;
  #asking = false;
  #again = false;
  /** True while a question has had no answer. */
  #unanswered = false;

  constructor(options: LeftContainersOptions) {
    this.#options = options;
  }

  /** After each sync, and when the engine is back. Calls `onFound` if the list of the worker's containers has more now. */
  async ask(onFound: () => Promise<void>): Promise<void> {
    this.#again = true;
    if (this.#asking) return;
    this.#asking = true;
    const { former, tasks, log, signal } = this.#options;
    try {
      while (this.#again && tasks.isComplete && !signal.aborted) {
        this.#again = false;
        this.#unanswered = false;
        let isNew = false;
        for (const node of former.present()) isNew = (await this.#look(node)) || isNew;
        if (isNew) await onFound();
      }
    } catch (error) {
      this.#unanswered = true;
      if (signal.aborted || error instanceof UnreachableError) return;
      log.warn("containers of a former node of this worker could not be looked for", { why: (error as Error).message });
    } finally {
      this.#asking = false;
    }
  }

  /** Now and then: asks only if a question has had no answer. */
  async askAgain(onFound: () => Promise<void>): Promise<void> {
    if (this.#unanswered) await this.ask(onFound);
  }

  /** Resolves to true when containers are confirmed that were not before. */
  async #look(node: FormerNode): Promise<boolean> {
    const { runtime, tasks, log, former } = this.#options;
    const found = await runtime.containers.list(node.clusterId, node.nodeId);
    const isListed = (taskId: string) => node.taskIds.includes(taskId);
    // Of containers that this worker may never have had, only those that run are worth a question.
    const own = found.filter(({ taskId, status }) => isListed(taskId) || (!node.isWhole && status === "running"));
    const isBusy = node.taskIds.some((taskId) => tasks.get(taskId as TaskId)?.isWorking);
    if (own.length === 0 && !isBusy) {
      former.forget(node);
      return false;
    }
    const left: string[] = [];
    for (const state of own) {
      if (former.isConfirmed(state.taskId) || !(await this.#isLeft(node, state))) continue;
      const { taskId, containerId } = state;
      const details = { taskId, containerId, formerNode: node.nodeId };
      log.info("a container of a node that this worker was before is left, and is ended now", details);
      left.push(taskId);
    }
    if (left.length > 0) former.confirm(node, left);
    return left.length > 0;
  }

  /** True when the worker that has the node now does not run this container. */
  async #isLeft(node: FormerNode, { taskId, containerId, startedAt }: ContainerState): Promise<boolean> {
    const { client, signal, stream } = this.#options;
    const answer = await client.call("getTask", { id: taskId, signal, timeoutMs: limits.reportPatienceMs });
    if (!answer.ok) {
      if (answer.refusal.code === "task-not-found" && stream.following) return true;
      this.#unanswered = true;
      return false;
    }
    const task = answer.value!;
    if (isFinished(task.status) || task.nodeId !== node.nodeId) return true;
    // Of several, the record does not name each: the present worker of that node ends those that it does not want.
    if (task.containers !== undefined) return false;
    if (task.containerId === null || task.containerId === containerId) return false;
    // One that started later may be a replacement that the present worker has not reported yet.
    return startedAt !== null && task.startedAt !== null && Date.parse(startedAt) < Date.parse(task.startedAt);
  }
}
