// The templates of tasks of several containers, also of those whose records are gone, and what each container was last seen to do:
// what the checkers of such tasks have in common.

import type { TaskId } from "../../model/ids.ts";
import { type ContainerSpec, isPod, type TaskSpec } from "../../model/task/spec.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import { type CertainBatch, changesOf } from "../run/truth.ts";
import type { Container } from "./checker.ts";

export class PodSpecs {
  readonly #specs = new Map<string, TaskSpec>();

  batch(certain: CertainBatch): void {
    for (const { after } of changesOf(certain, "task"))
      if (after && isPod(after.spec)) this.#specs.set(after.taskId, after.spec);
  }

  /** Undefined for a task of one container. */
  of(taskId: string): TaskSpec | undefined {
    return this.#specs.get(taskId as TaskId);
  }

  containerOf({ taskId, container }: Container): ContainerSpec | undefined {
    const spec = this.of(taskId);
    return spec && [...spec.init, ...spec.containers].find(({ name }) => name === container);
  }
}

/** Of one container of a task on a disk: a machine that is wiped has run none. */
export function keyOf({ name, wipes }: WorkerMachine, taskId: string, container: string): string {
  return `${taskId} ${container} ${name} ${wipes}`;
}

/** The pod that a container was made for: what was done in one sandbox is not done in another. */
export function podOf({ name, wipes }: WorkerMachine, { taskId, joined }: Container): string {
  return `${taskId} ${joined} ${name} ${wipes}`;
}

/** Null if the engine has none of this name. */
export function findMember({ engine }: WorkerMachine, taskId: string, container: string): Container | null {
  return engine.all().find((one) => one.taskId === taskId && one.container === container) ?? null;
}

/** True when it runs, in a network that is there. */
export function runsInNetwork({ engine }: WorkerMachine, member: Container | null): boolean {
  return member?.status === "running" && engine.containers.hasNetwork(member.containerId);
}
