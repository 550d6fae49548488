// A cluster with jobs for tests. Workers are played: in each round, tasks start, and end as the test says. Test support.

import type { Job } from "../../../model/job/job.ts";
import type { ParsedJobInput } from "../../../model/job/job-input.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Command } from "../../commands/command.ts";
import { World } from "../../test-world.ts";

/** What becomes of a task that runs. */
export type End = "completed" | "failed" | "runs";

export class Jobs {
  world = new World();
  /** By the name of the task; what is not in it completes. */
  ends: Record<string, End> = {};

  constructor(nodes = 2) {
    for (let index = 1; index <= nodes; index++)
      this.world.node(`n${index}`, { capacity: 100, cpu: 0, memory: 0, version: "1", instance: `p${index}` });
  }

  put(input: Partial<ParsedJobInput> = {}, more: object = {}): Job {
    const job = { name: "import", image: "app:1", ...input } as ParsedJobInput;
    this.world.do({ type: "putJob", input: job, by: "test", ...more });
    return this.world.state.jobNamed(job.name)!;
  }

  get job(): Job {
    return this.world.state.jobNamed("import")!;
  }

  /** "waiting back-off" */
  get state(): string {
    return `${this.job.status} ${this.job.reason.code}`;
  }

  get tasks(): Task[] {
    const { state } = this.world;
    return [...state.jobTasks.allOf(this.job.jobId)].sort().map((id) => state.task(id));
  }

  get active(): string[] {
    return this.tasks.filter((task) => !hasFinished(task) && task.desired === "running").map(({ name }) => name);
  }

  /** Workers do what they are asked, and the master's timer comes. */
  round(ms = 100): void {
    const { world } = this;
    for (const task of [...world.state.tasks.values()]) {
      const command = this.reportOf(task);
      if (command) world.do(command);
    }
    world.now += ms;
    world.do({ type: "wake" });
  }

  /** Rounds until the job has ended; the clock goes on to whatever is due. */
  finish(rounds = 2_000): void {
    for (let round = 0; round < rounds && this.job?.finishedAt === null; round++) {
      const { revision } = this.world.state;
      this.round();
      const due = this.world.do({ type: "wake" }).wakeAt;
      if (this.world.state.revision === revision && due !== null && due > this.world.now) this.world.now = due;
    }
  }

  reportOf(task: Task): Command | null {
    const { status } = task.observed;
    const say = (fields: object) => this.world.report(task.taskId, fields as never);
    if (hasFinished(task) || status === "pending") return null;
    if (task.desired === "stopped") return say({ status: "stopped", exitCode: 0 });
    if (status === "scheduled") return say({ status: "running" });
    const end = this.ends[task.name] ?? "completed";
    if (end === "runs") return null;
    return say({ status: end, exitCode: end === "completed" ? 0 : 1 });
  }

  lose(hostname: string): void {
    const [nodeId] = this.world.state.nodesNamed(hostname);
    this.world.do({ type: "loseNode", nodeId: nodeId!, silentMs: 5_000 });
  }
}
