// The runners of all tasks on this node, by task id. Data only: who adds and removes them is reconciler.ts and
// gc/retention.ts.

import type { TaskId } from "../../model/ids.ts";
import { type Assignments, type Needed, neededBy } from "../gc/needed.ts";
import type { Neighbours } from "./runner-context.ts";
import type { TaskRunner } from "./task-runner.ts";

export class TaskTable implements Assignments, Neighbours {
  readonly #runners = new Map<TaskId, TaskRunner>();
  isComplete = false;

  get(taskId: TaskId): TaskRunner | undefined {
    return this.#runners.get(taskId);
  }

  has(taskId: TaskId): boolean {
    return this.#runners.has(taskId);
  }

  /** As they are now: a visit may add and remove runners. */
  all(): TaskRunner[] {
    return [...this.#runners.values()];
  }

  add(runner: TaskRunner): void {
    this.#runners.set(runner.taskId, runner);
  }

  delete(taskId: TaskId): void {
    this.#runners.delete(taskId);
  }

  /** Of another cluster, or before the first: nothing is known. */
  clear(): void {
    this.#runners.clear();
    this.isComplete = false;
  }

  needed(): Needed {
    return neededBy(this.all().flatMap(({ assignment }) => (assignment ? [assignment] : [])));
  }

  containerEnded(): void {
    for (const runner of this.#runners.values()) runner.portFreed();
  }

  unwantedContainers(): string[] {
    return this.all().flatMap(({ unwantedContainers }) => unwantedContainers);
  }

  get areStopping(): boolean {
    return this.all().some(({ isStopping }) => isStopping);
  }

  /** True while an action is under way that may still start something. */
  get areWorking(): boolean {
    return this.all().some(({ isWorking }) => isWorking);
  }
}
