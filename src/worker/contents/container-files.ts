// The files of one container over its life: written before each start, rewritten while it runs, removed after its end.

import { InvariantError } from "../../lib/assert.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import { isToRun } from "../task/assignment.ts";
import type { Progress } from "../task/attempts.ts";
import type { RunnerContext } from "../task/runner-context.ts";
import { withPrepared } from "./task-files.ts";

type Context = Pick<RunnerContext, "files" | "runtime" | "log">;

export class ContainerFiles {
  readonly #context: Context;
  readonly #taskId: string;
  readonly #container: string;
  /** True when a content may have changed that the running container follows. */
  #stale = true;

  constructor(context: Context, taskId: string, container: string) {
    this.#context = context;
    this.#taskId = taskId;
    this.#container = container;
  }

  contentCame(): void {
    this.#stale = true;
  }

  /** `allowed`: the spec as the engine gets it otherwise. Throws RuntimeError: content-unavailable, create-failed. */
  added(spec: ContainerSpec, allowed: ContainerSpec): ContainerSpec {
    return withPrepared(allowed, this.#context.files.prepare(this.#taskId, spec));
  }

  /** Before each start. Throws RuntimeError: content-unavailable, create-failed. */
  refill(spec: ContainerSpec): void {
    this.#context.files.prepare(this.#taskId, spec);
    this.#stale = false;
  }

  /** Rewrites files that the running container follows, and sends its signals. A failure leaves it as it is. */
  async refresh({ assignment, found }: Progress): Promise<void> {
    if (!this.#stale || found?.status !== "running") return;
    this.#stale = false;
    const { files, runtime, log } = this.#context;
    if (assignment === null || !isToRun(assignment)) return;
    try {
      const signals = files.refresh(this.#taskId, assignment.spec);
      for (const signal of signals) await runtime.containers.kill(found.containerId, signal);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      const [taskId, container] = [this.#taskId, this.#container];
      log.warn("a changed content did not reach a running container", {
        ...{ taskId, container, why: (error as Error).message },
      });
    }
  }

  /** Removes the files of a container that is not started again. */
  release({ assignment, found }: Progress): void {
    if (!isToRun(assignment) && found?.status !== "running") this.#context.files.release(this.#taskId, this.#container);
  }

  /** The paths on the node that the container was created with, without those of its files. */
  usersBinds(found: ContainerState | null): readonly string[] {
    return (found?.binds ?? []).filter((path) => !this.#context.files.isOwn(path));
  }
}
