// A cluster's state with a clock that tests set, and short words for the commands that they give it.

import type { NodeId, TaskId } from "../model/ids.ts";
import type { ParsedTaskInput } from "../model/task/task-input.ts";
import { type TaskView, viewTask } from "../model/task/view.ts";
import type { Command, TaskReportFields } from "./commands/command.ts";
import { ClusterState } from "./state/cluster-state.ts";
import { runTick, type Tick } from "./tick.ts";

export const start = Date.UTC(2025, 0, 19, 12, 34, 56);
export const retention = { count: 100, ageMs: 60_000 };

export class World {
  readonly state = new ClusterState();
  now = start;
  #seed = 1;

  tick(...commands: Command[]): Tick {
    const submissions = commands.map((command) => ({ command, origin: { kind: "user" as const, name: "test" } }));
    return runTick(this.state, submissions, { now: this.now, seed: this.#seed++, retention });
  }

  /** Runs one command that must be granted. */
  do(command: Command): Tick {
    const tick = this.tick(command);
    const [outcome] = tick.outcomes;
    if (outcome?.ok === false) throw new Error(outcome.refusal.message);
    return tick;
  }

  refusal(command: Command): string {
    const [outcome] = this.tick(command).outcomes;
    return outcome!.ok ? "granted" : outcome!.refusal.code;
  }

  node(hostname: string, more: Record<string, unknown> = {}): NodeId {
    const registration = {
      hostname,
      port: 8081,
      address: "127.0.0.1",
      capacity: 10,
      cpu: 4,
      memory: 4 * 1024 ** 3,
      labels: {},
      engine: null,
      engineError: null,
      version: "",
      ...more,
    };
    const [outcome] = this.do({ type: "registerNode", registration }).outcomes;
    return outcome!.ok ? outcome!.value.nodeId! : ("" as NodeId);
  }

  task(name: string, more: Partial<ParsedTaskInput> = {}): TaskView {
    const input: ParsedTaskInput = { name, image: "busybox", ...more };
    const [outcome] = this.do({ type: "createTask", input }).outcomes;
    return this.view(outcome!.ok ? outcome!.value.taskId! : ("" as TaskId));
  }

  view(taskId: TaskId): TaskView {
    return viewTask(this.state.task(taskId));
  }

  report(taskId: TaskId, report: TaskReportFields): Command {
    return { type: "reportTask", taskId, report };
  }
}
