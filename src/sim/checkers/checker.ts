// A checker: one sentence that must be true in every run, and the moments at which it checks it.

import type { TaskView } from "../../model/task/view.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { RunContext } from "../run/context.ts";
import type { FailureClass } from "../run/failure.ts";
import type { CertainBatch } from "../run/truth.ts";

/** As the engine has it now. What is to be kept must be copied. */
export type Container = Readonly<ContainerState>;

/** The moments at which a checker can check. */
export interface CheckerHooks {
  /** A batch has become durable, and is applied to the truth. */
  batch?(batch: CertainBatch): void;
  /** A snapshot has become durable. The truth may be ahead of it. */
  snapshot?(chunks: readonly string[]): void;
  /** A record has left the master, in an answer or an event. */
  sent?(task: TaskView): void;
  /** A text has left the master: an answer, or a line of a stream. Only in runs with configs. */
  said?(text: string, request: Request): void;
  /** A worker has answered a request of the master. Only in runs with configs. */
  asked?(machine: string, request: Request): void;
  /** A master has recovered, and serves no request yet. */
  recovered?(): void;
  /** A worker asks its engine to start this container of this task. */
  start?(machine: WorkerMachine, taskId: string, container: Container): void;
  /** A worker asks its engine to stop this container of this task. */
  stop?(machine: WorkerMachine, taskId: string, container: Container): void;
  /** A container was started. */
  run?(machine: WorkerMachine, taskId: string, container: Container): void;
  /** A run of a container has ended. */
  end?(machine: WorkerMachine, container: Container): void;
  /** A container has answered a check. */
  answered?(container: Container, good: boolean): void;
  /** Every five seconds of virtual time. */
  periodic?(): void;
  /** Everything works again, and the cluster has come to rest: from now on nothing should happen. */
  converged?(): void | Promise<void>;
  /** One minute after that. */
  quiescent?(): void | Promise<void>;
}

export interface Checker {
  name: string;
  sentence: string;
  class: FailureClass;
  hooks(context: RunContext, fail: (message: string) => void): CheckerHooks;
}
