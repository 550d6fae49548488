// A cluster with one service for tests. Workers are played: in each round, tasks start, run or end as the test says. Test support.

import type { Service } from "../../../model/service/service.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Command } from "../../commands/command.ts";
import { World } from "../../test-world.ts";
import { Replica } from "./replica.ts";

/** How a worker treats the tasks of an image. */
export type Behaviour = "runs" | "never-starts" | "fails" | "crashes";

export class Services {
  readonly world = new World();
  readonly behaviour: Record<string, Behaviour> = {};
  /** The least and the most replicas that served or lived at the end of a tick, since the last `reset`. */
  least = Number.POSITIVE_INFINITY;
  most = 0;

  constructor(nodes = 3) {
    for (let index = 1; index <= nodes; index++)
      this.world.node(`n${index}`, { capacity: 100, cpu: 0, memory: 0, version: "1", instance: `p${index}` });
  }

  do(command: Command): void {
    this.world.do(command);
    this.#observe();
  }

  put(input: Partial<ParsedServiceInput> = {}): Service {
    this.do({ type: "putService", input: { name: "web", image: "app:1", ...input } as ParsedServiceInput, by: "test" });
    return this.service;
  }

  get service(): Service {
    return this.world.state.serviceNamed("web")!;
  }

  get tasks(): Task[] {
    const { state } = this.world;
    return [...state.serviceTasks.of(this.service.serviceId)].sort().map((id) => state.task(id));
  }

  get serving(): Task[] {
    return this.tasks.filter((task) => new Replica(task).available);
  }

  /** "web.1 app:1" for each replica that serves, by slot. */
  get served(): string[] {
    return this.serving.map(({ name, spec }) => `${name} ${spec.containers[0]!.image}`).sort();
  }

  /** One round: workers do what they are asked, and the master's timer comes. */
  round(ms = 100): void {
    const { world } = this;
    for (const task of this.#all()) for (const report of this.#reports(task)) this.do(report);
    world.now += ms;
    this.do({ type: "wake" });
  }

  /** Rounds until nothing changes any more and no time is due within the hour. */
  settle(maxMs = 30 * 60_000): void {
    const end = this.world.now + maxMs;
    while (this.world.now < end) {
      const revision = this.world.state.revision;
      this.round();
      if (this.world.state.revision !== revision) continue;
      const due = this.world.do({ type: "wake" }).wakeAt;
      if (due === null || due > end || due - this.world.now > 300_000_000) return;
      if (due > this.world.now) this.world.now = due;
      this.do({ type: "wake" });
      if (
        this.service?.rollout === null &&
        this.#all().every((task) => hasFinished(task) || new Replica(task).available)
      )
        return;
    }
  }

  reset(): void {
    this.least = Number.POSITIVE_INFINITY;
    this.most = 0;
  }

  lose(hostname: string): void {
    const [nodeId] = this.world.state.nodesNamed(hostname);
    this.do({ type: "loseNode", nodeId: nodeId!, silentMs: 5_000 });
  }

  #all(): Task[] {
    return [...this.world.state.tasks.values()].filter(({ owner }) => owner !== null);
  }

  #reports(task: Task): Command[] {
    const { status } = task.observed;
    const { image } = task.spec.containers[0]!;
    const behaviour = this.behaviour[image] ?? "runs";
    const report = (fields: object) => this.world.report(task.taskId, fields as never);
    if (task.desired === "stopped" && (status === "running" || status === "scheduled"))
      return [report({ status: "stopped", exitCode: 0 })];
    if (status === "scheduled" && behaviour === "runs") return [report({ status: "running" })];
    if (status === "scheduled" && behaviour === "fails")
      return [report({ status: "failed", reason: { code: "image-not-found", message: `no image ${image}` } })];
    if (status === "scheduled" && behaviour === "crashes") return [report({ status: "running" })];
    if (status === "running" && behaviour === "crashes") {
      const [container] = task.observed.containers;
      const restarts = (container?.restarts ?? 0) + 1;
      return [report({ status: "running", restarts, reason: { code: "restarting", message: "exited with code 1" } })];
    }
    return [];
  }

  #observe(): void {
    if (!this.world.state.serviceNamed("web")) return;
    this.least = Math.min(this.least, this.serving.length);
    const live = this.tasks.filter((task) => new Replica(task).stage === "live");
    this.most = Math.max(this.most, live.length);
  }
}
