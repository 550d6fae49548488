// Services and jobs that depend on one another, under random events. After each tick the records say of each what it waits for, as
// a look at all records says it; no task is placed that has to wait, and none waits that need not.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import { hasEnded } from "../../../model/job/job.ts";
import type { ParsedJobInput } from "../../../model/job/job-input.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Command } from "../../commands/command.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { World } from "../../test-world.ts";
import { unmetFor, unmetOf } from "./unmet.ts";

const nodes = ["n1", "n2", "n3"];
const services = ["a", "b", "c", "d"];
const jobs = ["i", "j"];
const conditions = ["started", "healthy", "completed"] as const;

class History {
  world = new World();
  readonly #below: (count: number) => number;
  readonly #said: string;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#below = (count) => randomInteger(random, count);
    this.#said = `seed ${seed}`;
    for (const hostname of nodes)
      this.world.node(hostname, { capacity: 6, cpu: 0, memory: 0, version: "1", instance: hostname });
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      if (this.#below(40) === 0) {
        const state = readSnapshot([...writeSnapshot(this.world.state)]);
        this.world = Object.assign(new World(), { state, now: this.world.now });
      }
      const command = this.#draw();
      if (command && this.#below(10) === 0) this.#undone(command);
      this.#tick(command ?? { type: "wake" });
      this.world.now += this.#below(3_000);
      // What follows from what, until nothing does.
      for (let tick = 0; tick < 20; tick++) if (this.#tick({ type: "wake" }) === 0) break;
      this.#expectTrue();
    }
  }

  #of<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }

  #tick(command: Command): number {
    const { world } = this;
    const before = new Set(
      [...world.state.tasks.values()].filter(({ placement }) => placement).map((one) => one.taskId),
    );
    const { changes } = world.tick(command);
    for (const task of world.state.tasks.values())
      if (task.placement && !before.has(task.taskId))
        expect([this.#said, task.name, this.#unmet(task)]).toEqual([this.#said, task.name, null]);
    return changes.length;
  }

  #undone(command: Command): void {
    const { state } = this.world;
    const text = () => [...writeSnapshot(state)].join("\n");
    const before = text();
    this.world.tick(command).undo();
    expect([this.#said, text() === before]).toEqual([this.#said, true]);
  }

  /** What the task waits for, by a look at all records. */
  #unmet({ owner }: Task): string | null {
    const { state } = this.world;
    const service = owner?.kind === "service" ? state.tables.service.get(owner.id) : undefined;
    if (service) return unmetFor(state, service, owner!.revision!)?.name ?? null;
    const job = owner?.kind === "job" ? state.tables.job.get(owner.id) : undefined;
    return job ? (unmetOf(state, job)?.name ?? null) : null;
  }

  #expectTrue(): void {
    const { state } = this.world;
    const records = [
      ...state.tables.service.values(),
      ...[...state.tables.job.values()].filter((job) => !hasEnded(job)),
    ];
    for (const record of records) {
      const unmet = unmetOf(state, record);
      const { name, why, scope } = record.waitsFor ?? {};
      expect([this.#said, record.name, record.waitsFor ? { name, why, scope } : null] as unknown[]).toEqual([
        ...[this.#said, record.name, unmet],
      ]);
    }
    for (const task of state.tasks.values()) {
      if (task.observed.status !== "pending" || task.owner === null) continue;
      const waits = task.observed.reason.code === "waiting-for-dependency";
      expect([this.#said, task.name, waits]).toEqual([this.#said, task.name, this.#unmet(task) !== null]);
    }
  }

  #dependsOn(): object {
    if (this.#below(3) === 0) return {};
    const names = new Set(Array.from({ length: this.#below(3) }, () => this.#of([...services, ...jobs, "none"])));
    const restart = () => (this.#below(3) === 0 ? { restart: true } : {});
    const required = () => (this.#below(3) === 0 ? { required: false } : {});
    const one = (name: string) => ({ name, condition: this.#of(conditions), ...required(), ...restart() });
    return { dependsOn: [...names].map(one) };
  }

  #draw(): Command | null {
    const { state } = this.world;
    const [event, image] = [this.#below(30), `app:${this.#below(4)}`];
    const service = state.serviceNamed(this.#of(services));
    if (event < 6) {
      const rollout = { monitorMs: this.#below(2) * 2_000, minReadyMs: 0, deadlineMs: 60_000 };
      const input = { name: this.#of(services), image, replicas: this.#below(4), rollout, ...this.#dependsOn() };
      return { type: "putService", input: input as unknown as ParsedServiceInput, by: "test" };
    }
    if (event < 9) {
      const input = { name: this.#of(jobs), image, backoffLimit: this.#below(2), ...this.#dependsOn() };
      return { type: "putJob", input: input as unknown as ParsedJobInput, by: "test", again: true };
    }
    const [nodeId] = state.nodesNamed(this.#of(nodes));
    if (event === 9) return { type: "loseNode", nodeId: nodeId!, silentMs: 5_000 };
    if (event < 12)
      return { type: "refreshNode", nodeId: nodeId!, engineError: this.#below(3) === 0 ? "it is away" : null };
    if (event === 12 && service) return { type: "removeService", serviceId: service.serviceId };
    if (event === 13 && service) return { type: "restartService", serviceId: service.serviceId, by: "test" };
    if (event === 14 && service) return { type: "rollbackService", serviceId: service.serviceId };
    if (event === 15 && service)
      return { type: "pauseService", serviceId: service.serviceId, paused: this.#below(2) === 0 };
    return this.#report();
  }

  /** A worker says how one of its tasks is. */
  #report(): Command | null {
    const unfinished = [...this.world.state.tasks.values()].filter((task) => task.placement && !hasFinished(task));
    if (unfinished.length === 0) return null;
    const { taskId, desired } = this.#of(unfinished.sort((left, right) => (left.taskId < right.taskId ? -1 : 1)));
    const draw = this.#below(12);
    const report =
      desired === "stopped"
        ? { status: "stopped" }
        : draw === 0
          ? { status: "failed", exitCode: 1 }
          : draw === 1
            ? { status: "completed", exitCode: 0 }
            : draw === 2
              ? { status: "running", ready: false, reason: { code: "restarting", message: "exited with code 1" } }
              : { status: "running", ready: draw > 4, reason: { code: "running", message: "running" } };
    return this.world.report(taskId, report as never);
  }
}

const seeds = Number(process.env.PODLING_DEPENDENCY_SEEDS ?? 60);

test(`${seeds} random histories: what waits is what the records say`, () => {
  for (let seed = 1; seed <= seeds; seed++) new History(seed).run(120);
}, 120_000);
