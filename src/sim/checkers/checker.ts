// What a checker is: one sentence that must always be true, and when it looks.

import type { TaskView } from "../../model/task/view.ts";
import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { FailureClass, RunContext } from "../run/context.ts";
import type { CertainBatch } from "../run/truth.ts";

/** When it looks; it says what is wrong by `wrong`. */
export interface Looks {
  /** A batch became certain, and is applied to the truth. */
  batch?(batch: CertainBatch): void;
  /** A snapshot became certain, of which the truth may be ahead. */
  snapshot?(chunks: readonly string[]): void;
  /** A record left the master, in an answer or an event. */
  told?(task: TaskView): void;
  /** A master has recovered, before anybody may ask it. */
  recovered?(): void;
  /** A worker asks its engine to start the container of this task. */
  start?(machine: WorkerMachine, taskId: string): void;
  /** A container was started. */
  run?(machine: WorkerMachine, taskId: string): void;
  /** Every five seconds of virtual time. */
  now?(): void;
  /** All has healed and come to rest: from now on nothing is to happen. */
  rested?(): void | Promise<void>;
  /** And nothing should have happened since. */
  settled?(): void | Promise<void>;
}

export interface Checker {
  name: string;
  sentence: string;
  class: FailureClass;
  look(scene: RunContext, wrong: (message: string) => void): Looks;
}
