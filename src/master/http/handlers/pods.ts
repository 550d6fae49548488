// The handlers of pods: the same commands as for tasks, and answers in another form.

import type { podOperations } from "../../../api/operations/pods.ts";
import { fromNode } from "../../../api/origin.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import { resolveTask } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import { limits } from "../../../model/limits.ts";
import type { Outcome } from "../../../model/refusal.ts";
import { checkTaskInput } from "../../../model/task/check-input.ts";
import { taskOfPod } from "../../../model/task/pod-input.ts";
import { isListedAsPod, namespaceOf, type PodView, viewPod } from "../../../model/task/pod-view.ts";
import type { Task } from "../../../model/task/task.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

export function podHandlers({ state, loop }: HandlerContext, reads: DurableReads): HandlersOf<typeof podOperations> {
  const shown = (outcome: Outcome<Task>): Outcome<PodView> => (outcome.ok ? ok(viewPod(outcome.value)) : outcome);
  return {
    createPod: async ({ body, origin }) => {
      const task = taskOfPod(body);
      if (!task.ok) return task;
      const input = checkTaskInput(task.value);
      if (!input.ok) return input;
      const outcome = await loop.submit({ type: "createTask", input: input.value }, origin);
      return outcome.ok ? shown(resolveTask(state, outcome.value.taskId!)) : outcome;
    },
    listPods: async ({ query }) => {
      const { namespace } = query;
      const tasks = [...(await reads.durable()).tasks.values()].filter(
        (task) => isListedAsPod(task) && (namespace === undefined || namespaceOf(task) === namespace),
      );
      tasks.sort((left, right) => (left.taskId < right.taskId ? -1 : 1));
      return ok(tasks.slice(-limits.listDefault).map(viewPod));
    },
    getPod: async ({ parameters }) => shown(await reads.task(parameters.id)),
    reportPod: async ({ body, origin, parameters }) => {
      const found = await reads.task(parameters.id);
      if (!found.ok) return found;
      const { taskId } = found.value;
      const { status, nodeId, message } = body;
      const report = {
        status: status === "succeeded" ? ("completed" as const) : status,
        ...(nodeId === undefined ? {} : { nodeId }),
        ...(message === undefined ? {} : { reason: { code: "reported" as const, message } }),
      };
      const by = nodeId === undefined ? origin : fromNode(origin, nodeId);
      const outcome = await loop.submit({ type: "reportTask", taskId, report }, by);
      return outcome.ok ? shown(resolveTask(state, taskId)) : outcome;
    },
    deletePod: async ({ parameters, origin }) => {
      const found = await reads.task(parameters.id);
      if (!found.ok) return found;
      const outcome = await loop.submit({ type: "removeTask", taskId: found.value.taskId, force: true }, origin);
      return outcome.ok ? ok(null) : outcome;
    },
  };
}
