// The tasks that each service with a selector selects. The labels of a task never change, so that a task is compared when it is
// made and when it ends, and only with services that share a label with it. Without such services it costs nothing.

import type { ServiceId, TaskId } from "../../../model/ids.ts";
import { hasSelector, type SelectorService, selects } from "../../../model/service/selector.ts";
import type { Service } from "../../../model/service/service.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Index } from "../delta.ts";

const none: ReadonlySet<TaskId> = new Set();

interface Selection {
  service: SelectorService;
  /** One label of the selector, by which the service is found for a task. */
  readonly key: string;
  readonly tasks: Set<TaskId>;
}

export class SelectedTasks implements Index<Task> {
  readonly #allTasks: () => Iterable<Task>;
  readonly #selections = new Map<ServiceId, Selection>();
  /** By the one label of each: its key, then its value. */
  readonly #byLabel = new Map<string, Map<string, Set<Selection>>>();
  /** Those that have not been compared with the tasks that were there before them. */
  readonly #fresh = new Set<Selection>();

  constructor(allTasks: () => Iterable<Task>) {
    this.#allTasks = allTasks;
  }

  /** Unfinished ones, in no order. */
  of(serviceId: ServiceId): ReadonlySet<TaskId> {
    if (this.#fresh.size > 0) this.#compareAll();
    return this.#selections.get(serviceId)?.tasks ?? none;
  }

  /** The services that select the task, finished or not; in no order. */
  *selecting(task: Task): Generator<SelectorService> {
    for (const { service } of this.#selecting(task)) yield service;
  }

  moved(before: Task | null, after: Task | null): void {
    if (this.#selections.size === 0) return;
    const was = before !== null && !hasFinished(before);
    const is = after !== null && !hasFinished(after);
    if (was === is) return;
    const task = (after ?? before)!;
    for (const { tasks } of this.#selecting(task)) {
      if (is) tasks.add(task.taskId);
      else tasks.delete(task.taskId);
    }
  }

  serviceMoved(before: Service | null, after: Service | null): void {
    if (before && after && before.selector === after.selector && before.namespace === after.namespace) {
      const kept = this.#selections.get(after.serviceId);
      if (kept && hasSelector(after)) kept.service = after;
      return;
    }
    const left = before && this.#selections.get(before.serviceId);
    if (left) this.#remove(left);
    if (after === null || !hasSelector(after)) return;
    const [key] = Object.keys(after.selector);
    const selection: Selection = { service: after, key: key!, tasks: new Set() };
    this.#add(selection);
    this.#fresh.add(selection);
  }

  *#selecting(task: Task): Generator<Selection> {
    const { labels } = task.spec;
    for (const key in labels) {
      const selections = this.#byLabel.get(key)?.get(labels[key]!);
      if (selections) for (const one of selections) if (selects(one.service, task)) yield one;
    }
  }

  /** One pass for all that are fresh: after a start, that is every one. */
  #compareAll(): void {
    for (const task of this.#allTasks()) {
      if (hasFinished(task)) continue;
      for (const selection of this.#selecting(task)) if (this.#fresh.has(selection)) selection.tasks.add(task.taskId);
    }
    this.#fresh.clear();
  }

  #add(selection: Selection): void {
    const { service, key } = selection;
    this.#selections.set(service.serviceId, selection);
    const byValue = this.#byLabel.get(key) ?? new Map<string, Set<Selection>>();
    const value = service.selector[key]!;
    this.#byLabel.set(key, byValue.set(value, (byValue.get(value) ?? new Set()).add(selection)));
  }

  #remove(selection: Selection): void {
    const { service, key } = selection;
    this.#selections.delete(service.serviceId);
    this.#fresh.delete(selection);
    const byValue = this.#byLabel.get(key)!;
    const value = service.selector[key]!;
    const selections = byValue.get(value)!;
    selections.delete(selection);
    if (selections.size === 0) byValue.delete(value);
    if (byValue.size === 0) this.#byLabel.delete(key);
  }
}
