// What each operation does: find what is meant, submit a command, answer with what is durable.

import { docsPage } from "../../api/openapi/docs-page.ts";
import { openapi } from "../../api/openapi/openapi.ts";
import type { Health, Version } from "../../api/operations/operations.ts";
import { fromNode } from "../../api/origin.ts";
import type { Command } from "../../core/commands/command.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { findNode, resolveNode, resolveTask } from "../../core/state/lookup.ts";
import type { Journal } from "../../journal/journal.ts";
import type { Clock } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Node, NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { isFinished, type Task } from "../../model/task/task.ts";
import { checkTaskInput } from "../../model/task/task-input.ts";
import type { Backups } from "../backup/backups.ts";
import type { Restores } from "../backup/restores.ts";
import { fetchLogs, type LogsContext } from "../logs/logs.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import { Turns } from "../loop/turns.ts";
import { cleanNode } from "../node-client/cleanup.ts";
import type { NodeHealth } from "../node-health/node-health.ts";
import type { Watchers } from "../watch/watchers.ts";
import { createExplainer } from "./explain.ts";
import { type Call, type Handlers, JsonText } from "./http.ts";
import { type MetricsSources, renderMetrics } from "./metrics.ts";
import { TaskList } from "./task-list.ts";

export interface HandlersOptions {
  state: ClusterState;
  journal: Journal;
  loop: TickLoop;
  watchers: Watchers;
  liveness: NodeHealth;
  view: (node: NodeRecord) => Node;
  clock: Clock;
  version: Version;
  metrics: MetricsSources;
  logs: LogsContext;
  /** A short digest of a text, to tell whether two requests with one key are the same. */
  fingerprint: (text: string) => string;
  backups: Backups;
  restores: Restores;
}

type WaitFor = { wait?: "running" | "finished" | undefined; timeout?: number | undefined };

export function createHandlers(options: HandlersOptions): Handlers {
  const { state, journal, loop, watchers, liveness, view, clock, version, metrics, logs, fingerprint } = options;
  const list = new TaskList(state, watchers);
  const turns = new Turns(clock);
  const explainer = createExplainer(state, journal, clock);

  /** Reads show only what is durable: where an append is under way, they wait for it. */
  const settled = async () => {
    const underWay = loop.whenDurable();
    if (underWay) await underWay;
  };

  const task = async (reference: string): Promise<Outcome<Task>> => {
    await settled();
    return resolveTask(state, reference);
  };

  const node = async (reference: string) => {
    await settled();
    return resolveNode(state, reference);
  };

  const taskAfter = async (taskId: TaskId, { wait, timeout }: WaitFor, call: Call<never>): Promise<Outcome<Task>> => {
    if (wait === undefined) return resolveTask(state, taskId);
    call.mayTakeLong();
    const reached = wait === "running" ? hasStarted : (one: Task) => isFinished(one.status);
    const waited = await watchers.waitFor(
      taskId,
      reached,
      Math.min(timeout ?? limits.waitDefaultMs, limits.waitMaxMs),
      call.signal,
    );
    return waited ? ok(waited) : task(taskId);
  };

  const changeTask = async (
    reference: string,
    command: (taskId: TaskId) => Command,
    query: WaitFor,
    call: Call<never>,
    origin = call.origin,
  ): Promise<Outcome<Task>> => {
    const found = await task(reference);
    if (!found.ok) return found;
    const { taskId } = found.value;
    const outcome = await loop.submit(command(taskId), origin);
    return outcome.ok ? taskAfter(taskId, query, call) : outcome;
  };

  const changeNode = async (
    call: Call<"cordonNode" | "uncordonNode">,
    command: (nodeId: NodeId) => Command,
  ): Promise<Outcome<Node>> => {
    const found = await node(call.id);
    if (!found.ok) return found;
    const { nodeId } = found.value;
    const outcome = await loop.submit(command(nodeId), call.origin);
    if (!outcome.ok) return outcome;
    // Somebody else may have deregistered it in the same tick.
    const after = findNode(state, nodeId);
    return after.ok ? ok(view(after.value)) : after;
  };

  const clean = async (call: Call<"previewCleanup" | "cleanNode">, method: "GET" | "POST") => {
    const found = await node(call.id);
    if (!found.ok) return found;
    call.mayTakeLong();
    return cleanNode(found.value, method, call.query, call.signal, logs);
  };

  const health = (): Health =>
    loop.journalError === null
      ? { status: "ok", message: "" }
      : { status: "degraded", message: `the journal cannot write: ${loop.journalError}` };

  return {
    health: () => ok(health()),
    ready: () => {
      const { status, message } = health();
      if (status === "ok") return ok({ status, message });
      return refuse("journal-unavailable", message, {
        hint: "Reads and streams go on; writes come back with the disk.",
      });
    },
    version: () => ok(version),
    metrics: () => ok(renderMetrics(metrics)),
    openapi: () => ok(openapi(version.version)),
    docs: () => ok(docsPage()),

    createTask: async (call) => {
      const wish = checkTaskInput(call.body);
      if (!wish.ok) return wish;
      const key = idempotencyKey(call.headers);
      if (!key.ok) return key;
      const outcome = await loop.submit(
        {
          type: "createTask",
          wish: wish.value,
          ...(key.value === null
            ? {}
            : { idempotency: { key: key.value, fingerprint: fingerprint(JSON.stringify(wish.value)) } }),
        },
        call.origin,
      );
      if (!outcome.ok) return outcome;
      const created = await taskAfter(outcome.value.taskId!, call.query, call as never);
      if (!created.ok) return created;
      return ok(new JsonText(JSON.stringify(created.value), { location: `/api/v1/tasks/${created.value.taskId}` }));
    },
    listTasks: async (call) => {
      // A hundred who ask for everything at once would keep all others waiting for seconds.
      if (call.query.watch || (call.query.limit ?? 0) > limits.listDefault) await turns.take();
      await settled();
      if (call.query.watch) call.mayTakeLong();
      return list.answer(call.query);
    },
    getTask: async (call) => {
      const found = await task(call.id);
      return found.ok ? taskAfter(found.value.taskId, call.query, call as never) : found;
    },
    reportTask: (call) =>
      changeTask(
        call.id,
        (taskId) => ({ type: "reportTask", taskId, report: call.body }),
        {},
        call as never,
        // A worker always says which node it is; a report by hand need not.
        call.body.nodeId === undefined ? call.origin : fromNode(call.origin, call.body.nodeId),
      ),
    stopTask: (call) => changeTask(call.id, (taskId) => ({ type: "stopTask", taskId }), call.query, call as never),
    deleteTask: async (call) => {
      const found = await task(call.id);
      if (!found.ok) return found;
      const { taskId } = found.value;
      const outcome = await loop.submit({ type: "removeTask", taskId, force: call.query.force ?? false }, call.origin);
      return outcome.ok ? ok(null) : outcome;
    },
    taskLogs: async (call) => {
      const found = await task(call.id);
      if (!found.ok) return found;
      call.mayTakeLong();
      const { value } = found;
      const holder = value.nodeId === null ? undefined : state.nodes.get(value.nodeId);
      return fetchLogs(value, holder, call.query, call.headers.get("accept") ?? "", call.signal, logs);
    },
    explainTask: async (call) => {
      const found = await task(call.id);
      return found.ok ? explainer.explain(found.value) : found;
    },

    registerNode: async (call) => {
      const { address, ...said } = call.body;
      const registration = { ...said, address: address ?? call.peer().address ?? said.hostname };
      const outcome = await loop.submit(
        { type: "registerNode", registration },
        fromNode(call.origin, said.nodeId ?? said.hostname),
      );
      if (!outcome.ok) return outcome;
      const nodeId = outcome.value.nodeId!;
      const registered = findNode(state, nodeId);
      if (!registered.ok) return registered; // deregistered by another request, in the same breath
      liveness.registered(registered.value);
      return ok(view(registered.value));
    },
    heartbeat: async (call) => {
      const found = await node(call.id);
      if (found.ok && found.value.unheard) return unheard(found.value);
      return found.ok ? liveness.heartbeat(found.value, call.body, fromNode(call.origin, found.value.nodeId)) : found;
    },
    deregisterNode: async (call) => {
      const found = await node(call.id);
      if (!found.ok) return found;
      const { nodeId } = found.value;
      const outcome = await loop.submit({ type: "deregisterNode", nodeId }, call.origin);
      if (!outcome.ok) return outcome;
      liveness.forget(nodeId);
      return ok(null);
    },
    listNodes: async () => {
      await settled();
      const nodes = [...state.nodes.values()].sort((left, right) =>
        left.hostname === right.hostname ? compare(left.nodeId, right.nodeId) : compare(left.hostname, right.hostname),
      );
      return ok(nodes.map(view));
    },
    getNode: async (call) => {
      const found = await node(call.id);
      return found.ok ? ok(view(found.value)) : found;
    },
    cordonNode: (call) => changeNode(call, (nodeId) => ({ type: "setSchedulable", nodeId, schedulable: false })),
    uncordonNode: (call) => changeNode(call, (nodeId) => ({ type: "setSchedulable", nodeId, schedulable: true })),
    loseNode: async (call) => {
      const found = await node(call.id);
      if (!found.ok) return found;
      const outcome = await liveness.declareLost(found.value, call.query.force ?? false, call.origin);
      if (!outcome.ok) return outcome;
      const after = findNode(state, outcome.value);
      return after.ok ? ok(view(after.value)) : after;
    },
    previewCleanup: (call) => clean(call, "GET"),
    cleanNode: (call) => clean(call, "POST"),
    nodeAssignments: async (call) => {
      const found = await node(call.id);
      if (!found.ok) return found;
      call.mayTakeLong();
      return watchers.watchAssignments(found.value.nodeId);
    },
    backup: (call) => {
      call.mayTakeLong();
      return options.backups.open();
    },
    restore: (call) => options.restores.restore(call.upload(), call.query),
    watch: async (call) => {
      await settled();
      call.mayTakeLong();
      const last = lastEventId(call.headers);
      return last.ok ? watchers.watch(last.value ?? call.query.since) : last;
    },
  };
}

/** A worker that is told this registers, and so says what it is now. */
function unheard({ hostname, nodeId }: NodeRecord): Outcome<never> {
  return refuse("node-not-found", `${hostname} (${nodeId}) is known from a backup, and has not registered since`, {
    hint: "Register it again, with the same nodeId.",
    details: { nodeId },
  });
}

function hasStarted(task: Task): boolean {
  return task.status === "running" || isFinished(task.status);
}

function idempotencyKey(headers: Headers): Outcome<string | null> {
  const key = headers.get("idempotency-key");
  if (key === null || (key.length > 0 && key.length <= limits.idempotencyKeyLength)) return ok(key);
  return refuse("invalid-field", `the header Idempotency-Key has ${key.length} characters`, {
    hint: `Use 1 to ${limits.idempotencyKeyLength} characters, such as a UUID.`,
    details: { field: "Idempotency-Key" },
  });
}

/** A browser sends it empty where it has seen no event. */
function lastEventId(headers: Headers): Outcome<number | null> {
  const last = headers.get("last-event-id") ?? "";
  if (last === "") return ok(null);
  if (/^\d{1,15}$/.test(last)) return ok(Number(last));
  return refuse("invalid-field", `the header Last-Event-ID is no revision: ${JSON.stringify(last.slice(0, 80))}`, {
    hint: "Send the id of the last event as it came, or none.",
    details: { field: "Last-Event-ID" },
  });
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
