// The handlers of tasks.

import type { taskOperations } from "../../../api/operations/tasks.ts";
import { fromNode } from "../../../api/origin.ts";
import { reportNumberFrom } from "../../../api/report-number-header.ts";
import { type Call, EncodedJson, type HandlersOf } from "../../../api/server/call.ts";
import { instanceFrom } from "../../../api/worker-instance.ts";
import type { Command } from "../../../core/commands/command.ts";
import { resolveNode, resolveTask } from "../../../core/state/lookup.ts";
import { whyNot } from "../../../core/what-if/why-not.ts";
import { ok } from "../../../lib/result.ts";
import type { NodeId, TaskId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { checkTaskInput } from "../../../model/task/check-input.ts";
import { hasFinished, hasRestarted, type Idempotency, type Task } from "../../../model/task/task.ts";
import { taskText } from "../../../model/task/view.ts";
import { logContainer } from "../../logs/log-container.ts";
import { fetchLogs } from "../../logs/logs.ts";
import { Turns } from "../../loop/turns.ts";
import { Removal } from "../../node-client/removal.ts";
import { ReportOrder } from "../../node-client/report-order.ts";
import { isKill, sendSignal } from "../../node-client/signals.ts";
import { createExplainer } from "../explain.ts";
import type { CallOf, DurableReads, HandlerContext } from "./context.ts";

type WaitFor = { wait?: "running" | "ready" | "finished" | undefined; timeout?: number | undefined };
type AnyCall = Pick<CallOf<"getTask">, "signal" | "mayTakeLong">;

export function taskHandlers(context: HandlerContext, reads: DurableReads): HandlersOf<typeof taskOperations> {
  const { state, loop, list, clock, logs } = context;
  const turns = new Turns(clock);
  const order = new ReportOrder();
  const commands = new TaskCommands(context, reads);
  const nodeOf = ({ placement }: Task) => (placement === null ? undefined : state.nodes.get(placement.nodeId));
  return {
    createTask: (call) => createTask(call, commands, loop),
    listTasks: async (call) => {
      // A hundred requests for everything at once would block all others for seconds.
      if (call.query.watch || (call.query.limit ?? 0) > limits.listDefault) await turns.take();
      await reads.durable();
      if (call.query.watch) call.mayTakeLong();
      return list.answer(call.query);
    },
    getTask: async (call) => {
      const found = await reads.task(call.parameters.id);
      return found.ok ? shown(await commands.after(found.value.taskId, call.query, call)) : found;
    },
    reportTask: async (call) => {
      const { body, origin, parameters } = call;
      const node = state.nodes.get(body.nodeId as NodeId);
      const instance = instanceFrom(call.headers);
      if (node && node.instance !== null && instance !== null && node.instance !== instance)
        return refuse("not-your-task", `${node.hostname} (${node.nodeId}) belongs to another worker now`, {
          hint: "The worker registers again, and gets its node back or another one.",
        });
      if (!order.isInOrder(parameters.id as TaskId, instance, reportNumberFrom(call.headers)))
        return shown(await reads.task(parameters.id));
      // A worker always says which node it is; a report sent by hand need not.
      const by = body.nodeId === undefined ? origin : fromNode(origin, body.nodeId);
      const report = (taskId: TaskId) => ({ type: "reportTask", taskId, report: body }) as const;
      return shown(await commands.change(parameters.id, by, report, {}, call));
    },
    stopTask: async (call) => {
      const { parameters, origin, query } = call;
      const stop = (taskId: TaskId) =>
        ({ type: "stopTask", taskId, graceSeconds: query.graceSeconds ?? null }) as const;
      return shown(await commands.change(parameters.id, origin, stop, query, call));
    },
    restartTask: async (call) => {
      return shown(await commands.restart(call));
    },
    killTask: async (call) => {
      const { parameters, origin } = call;
      const { signal = "KILL" } = call.query;
      // One container of several may be started again; the task is ended by a stop, which is recorded.
      if (isKill(signal) && call.query.container === undefined) {
        const stop = (taskId: TaskId) => ({ type: "stopTask", taskId, graceSeconds: 0 }) as const;
        return shown(await commands.change(parameters.id, origin, stop, {}, call));
      }
      const found = await reads.task(parameters.id);
      if (!found.ok) return found;
      const chosen = logContainer(found.value, call.query.container);
      if (!chosen.ok) return chosen;
      const meant = { signal, container: chosen.value.container };
      const sent = await sendSignal(found.value, nodeOf(found.value), meant, call.signal, logs);
      return sent.ok ? shown(await reads.task(found.value.taskId)) : sent;
    },
    deleteTask: async (call) => {
      const found = await reads.task(call.parameters.id);
      if (!found.ok) return found;
      const { taskId } = found.value;
      const { force = false, wait } = call.query;
      const command = { type: "removeTask", taskId, force, whenEnded: wait === "gone" } as const;
      const outcome = await loop.submit(command, call.origin);
      if (!outcome.ok || wait === undefined) return outcome.ok ? ok(null) : outcome;
      call.mayTakeLong();
      const removal = new Removal(found.value, context);
      return ok(await removal.answer(timeoutOf(call.query), call.signal));
    },
    taskLogs: async (call) => {
      const found = await reads.task(call.parameters.id);
      if (!found.ok) return found;
      call.mayTakeLong();
      const { value } = found;
      const chosen = logContainer(value, call.query.container);
      if (!chosen.ok) return chosen;
      return fetchLogs(chosen.value, nodeOf(value), call.query, call.headers.get("accept") ?? "", call.signal, logs);
    },
    ...explanationHandlers(context, reads),
  };
}

function explanationHandlers(
  { journal, clock }: HandlerContext,
  reads: DurableReads,
): Pick<HandlersOf<typeof taskOperations>, "explainTask" | "whyNot"> {
  const explainer = createExplainer(() => reads.durable(), journal, clock);
  return {
    explainTask: async (call) => {
      const found = await reads.task(call.parameters.id);
      return found.ok ? explainer.explain(found.value) : found;
    },
    whyNot: async ({ parameters, query }) => {
      const state = await reads.durable();
      const task = resolveTask(state, parameters.id);
      if (!task.ok) return task;
      const node = resolveNode(state, query.node);
      return node.ok ? ok(whyNot(state, task.value, node.value)) : node;
    },
  };
}

/** Commands on one task, answered with the task as it is afterwards. */
class TaskCommands {
  readonly #context: HandlerContext;
  readonly #reads: DurableReads;

  constructor(context: HandlerContext, reads: DurableReads) {
    this.#context = context;
    this.#reads = reads;
  }

  async change(
    reference: string,
    origin: Origin,
    command: (taskId: TaskId) => Command,
    query: WaitFor,
    call: AnyCall,
  ): Promise<Outcome<Task>> {
    const found = await this.#reads.task(reference);
    if (!found.ok) return found;
    const { taskId } = found.value;
    const outcome = await this.#context.loop.submit(command(taskId), origin);
    return outcome.ok ? this.after(taskId, query, call) : outcome;
  }

  /** The task: at once, or when it has reached the status that the request waits for, or at the timeout. */
  after(taskId: TaskId, query: WaitFor, call: AnyCall): Outcome<Task> | Promise<Outcome<Task>> {
    return query.wait === undefined ? resolveTask(this.#context.state, taskId) : this.#wait(taskId, query, call);
  }

  /** With `wait`, answers when this restart is done, or a later one that makes up for it. */
  async restart(call: CallOf<"restartTask">): Promise<Outcome<Task>> {
    const { parameters, origin, query } = call;
    const graceSeconds = query.graceSeconds ?? null;
    const restart = (taskId: TaskId) => ({ type: "restartTask", taskId, graceSeconds, by: origin.name }) as const;
    const asked = await this.change(parameters.id, origin, restart, {}, call);
    if (!asked.ok || query.wait === undefined) return asked;
    const wanted = asked.value.requests?.restarts ?? 0;
    const isDone = (task: Task) => hasFinished(task) || hasRestarted(task, wanted);
    return this.#until(asked.value.taskId, isDone, query, call);
  }

  #wait(taskId: TaskId, query: WaitFor, call: AnyCall): Promise<Outcome<Task>> {
    return this.#until(taskId, reachedBy[query.wait ?? "finished"], query, call);
  }

  async #until(
    taskId: TaskId,
    reached: (task: Task) => boolean,
    query: Pick<WaitFor, "timeout">,
    call: AnyCall,
  ): Promise<Outcome<Task>> {
    call.mayTakeLong();
    const waited = await this.#context.watchers.waitFor(taskId, reached, timeoutOf(query), call.signal);
    return waited ? ok(waited) : this.#reads.task(taskId);
  }
}

function timeoutOf({ timeout }: Pick<WaitFor, "timeout">): number {
  return Math.min(timeout ?? limits.waitDefaultMs, limits.waitMaxMs);
}

async function createTask(
  call: Call<(typeof taskOperations)["createTask"]>,
  commands: TaskCommands,
  loop: HandlerContext["loop"],
): Promise<Outcome<EncodedJson>> {
  const input = checkTaskInput(call.body);
  if (!input.ok) return input;
  const key = idempotencyKey(call.headers);
  if (!key.ok) return key;
  const nameMustBeFree = asksForFreeName(call.headers);
  if (!nameMustBeFree.ok) return nameMustBeFree;
  const outcome = await loop.submit(
    {
      type: "createTask",
      input: input.value,
      ...(key.value === null ? {} : { idempotency: same(key.value, input.value) }),
      ...(nameMustBeFree.value ? { nameMustBeFree: true } : {}),
    },
    call.origin,
  );
  if (!outcome.ok) return outcome;
  const created = await commands.after(outcome.value.taskId!, call.query, call);
  return created.ok ? shown(created, { location: `/api/v1/tasks/${created.value.taskId}` }) : created;
}

/** The fingerprint shows whether two requests with one key are the same. It is in the journal, so its algorithm stays. */
function same(key: string, input: unknown): Idempotency {
  return { key, fingerprint: new Bun.CryptoHasher("sha256").update(JSON.stringify(input)).digest("base64url") };
}

/** The task as the API shows it. */
function shown(outcome: Outcome<Task>, headers?: Record<string, string>): Outcome<EncodedJson> {
  return outcome.ok ? ok(new EncodedJson(taskText(outcome.value), headers)) : outcome;
}

function hasStarted(task: Task): boolean {
  return task.observed.status === "running" || hasFinished(task);
}

function isReady(task: Task): boolean {
  const { status, ready } = task.observed;
  return (status === "running" && ready) || hasFinished(task);
}

const reachedBy = { running: hasStarted, ready: isReady, finished: hasFinished } as const;

function idempotencyKey(headers: Headers): Outcome<string | null> {
  const key = headers.get("idempotency-key");
  if (key === null || (key.length > 0 && key.length <= limits.idempotencyKeyLength)) return ok(key);
  return refuse("invalid-field", `the header Idempotency-Key has ${key.length} characters`, {
    hint: `Use 1 to ${limits.idempotencyKeyLength} characters, such as a UUID.`,
    details: { field: "Idempotency-Key" },
  });
}

/** `If-None-Match: *`: no unfinished task may have the name. */
function asksForFreeName(headers: Headers): Outcome<boolean> {
  const value = headers.get("if-none-match");
  if (value === null || value.trim() === "*") return ok(value !== null);
  return refuse("invalid-field", `the header If-None-Match is ${JSON.stringify(value.slice(0, 80))}`, {
    hint: "Write If-None-Match: * to have the request refused if an unfinished task has the name, or leave it out.",
    details: { field: "If-None-Match" },
  });
}
