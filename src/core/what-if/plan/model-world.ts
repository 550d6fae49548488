// A model of the workers and their engines in virtual time: tasks start, become ready, stop and complete after the times that
// this cluster has seen. It never fails anything, and a task that had stopped progressing before is left as it is.

import { fromTimestamp, toTimestamp } from "../../../lib/clock.ts";
import { Heap } from "../../../lib/heap.ts";
import type { TaskId } from "../../../model/ids.ts";
import { hasWorker } from "../../../model/node/node.ts";
import type { ContainerSpec, TaskSpec } from "../../../model/task/spec.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Command } from "../../commands/command.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Delta } from "../../state/delta.ts";
import { assumedRunMs, type SeenTimes } from "./seen-times.ts";

type Step = "start" | "ready" | "stop" | "complete";

interface Event {
  readonly taskId: TaskId;
  readonly step: Step;
  /** ms since the epoch, in virtual time. */
  readonly at: number;
}

/** Times are rounded up to this, so that things that happen together need one decision. */
const gridMs = 100;
/** A container that has not started yet is removed without a signal. */
const stopBeforeStartMs = 200;
/** Reasons of a placed task that starts by itself. With any other one it has been failing, and goes on with that. */
const startingReasons: ReadonlySet<string> = new Set(["placed", "pulling", "starting"]);

export class ModelWorld {
  readonly #state: ClusterState;
  readonly #seen: SeenTimes;
  readonly #begin: number;
  readonly #events = new Heap<Event>((left, right) => left.at < right.at);
  /** The one event of a task that counts. */
  readonly #next = new Map<TaskId, Event>();

  /** `begin`: ms since the epoch. */
  constructor(state: ClusterState, seen: SeenTimes, begin: number) {
    this.#state = state;
    this.#seen = seen;
    this.#begin = begin;
  }

  /** Unfinished tasks that the world moves on, in no order. */
  get busy(): Iterable<TaskId> {
    return this.#next.keys();
  }

  /** When something happens next, in ms since the epoch; null if nothing does. */
  get nextAt(): number | null {
    for (let first = this.#events.first; first; first = this.#events.first) {
      if (this.#next.get(first.taskId) === first) return first.at;
      this.#events.pop();
    }
    return null;
  }

  /** Tasks that were under way when the plan began. */
  *begin(): Generator<void> {
    let count = 0;
    for (const taskId of this.#state.order.after("")) {
      const task = this.#state.task(taskId);
      if (!hasFinished(task)) this.#follow(null, task, this.#begin);
      if (++count % 2_000 === 0) yield;
    }
  }

  /** Follows what was decided at that time. */
  observe(deltas: readonly Delta[], now: number): void {
    for (const { kind, before, after } of deltas) {
      if (kind !== "task") continue;
      if (after === null || hasFinished(after)) this.#next.delete((after ?? before)!.taskId);
      else this.#follow(before, after, now);
    }
  }

  /** What workers report at that time. */
  due(now: number): Command[] {
    const commands: Command[] = [];
    for (let at = this.nextAt; at !== null && at <= now; at = this.nextAt) {
      const { taskId, step } = this.#events.first!;
      this.#events.pop();
      this.#next.delete(taskId);
      const task = this.#state.task(taskId);
      commands.push({ type: "reportTask", taskId, report: reportOf(task, step, now) });
    }
    return commands;
  }

  #follow(before: Task | null, task: Task, now: number): void {
    const step = this.#stepOf(before, task);
    const known = this.#next.get(task.taskId);
    if (step === null) this.#next.delete(task.taskId);
    // A task that is stopping or starting goes on with that, whatever else is noted of it.
    if (step === null || known?.step === step) return;
    const at = this.#onGrid(Math.max(now, this.#timeOf(task, step, now)));
    const event = { taskId: task.taskId, step, at };
    this.#next.set(task.taskId, event);
    this.#events.push(event);
  }

  #stepOf(before: Task | null, { placement, observed, desired, owner }: Task): Step | null {
    const { status, ready, reason } = observed;
    const node = placement && this.#state.nodes.get(placement.nodeId);
    if (node?.status !== "online" || node.suspect !== null || !hasWorker(node)) return null;
    if (desired === "stopped") return status === "scheduled" || status === "running" ? "stop" : null;
    if (status === "scheduled") return startingReasons.has(reason.code) ? "start" : null;
    if (status !== "running") return null;
    if (!ready) return before !== null || reason.code === "not-ready" ? "ready" : null;
    return owner?.kind === "job" ? "complete" : null;
  }

  #timeOf(task: Task, step: Step, now: number): number {
    const { spec, placement, observed } = task;
    switch (step) {
      case "start":
        return fromTimestamp(placement!.at) + this.#seen.startMs(spec, placement!.nodeId);
      case "ready":
        return now + readyMs(spec);
      case "stop":
        return now + (observed.status === "scheduled" ? stopBeforeStartMs : this.#seen.stopMs(spec));
      case "complete":
        return now + (this.#seen.runMs(spec) ?? assumedRunMs());
    }
  }

  #onGrid(at: number): number {
    return this.#begin + Math.ceil((at - this.#begin) / gridMs) * gridMs;
  }
}

function reportOf(
  { spec, observed }: Task,
  step: Step,
  now: number,
): Extract<Command, { type: "reportTask" }>["report"] {
  switch (step) {
    case "start":
      return { status: "running", ready: readyMs(spec) === 0, startedAt: toTimestamp(now) };
    case "ready":
      return { status: "running", ready: true, reason: { code: "running", message: "running" } };
    case "stop":
      return { status: "stopped", ...(observed.status === "running" ? { exitCode: 0 } : {}) };
    case "complete":
      return { status: "completed", exitCode: 0 };
  }
}

/** Time from the start of all containers until the checks have passed at their first tries, in ms; 0 without checks. */
export function readyMs({ containers }: Pick<TaskSpec, "containers">): number {
  return Math.max(0, ...containers.map(ofContainer));
}

function ofContainer({ startupProbe, readinessProbe, health }: ContainerSpec): number {
  let ms = 0;
  for (const probe of [startupProbe, readinessProbe]) {
    if (probe === undefined) continue;
    const { initialDelayMs = 0, periodMs = 10_000, successThreshold = 1 } = probe;
    ms += Math.max(gridMs, initialDelayMs + (successThreshold - 1) * periodMs);
  }
  if (readinessProbe === undefined && health !== undefined) ms += health.intervalMs ?? 30_000;
  return ms;
}
