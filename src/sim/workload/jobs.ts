// What clients do with jobs and schedules: create, put, suspend, resume, trigger, remove and read them, and stop and remove single
// tasks of jobs.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { Plan } from "../faults/plan.ts";
import { drawReferences } from "../machines/content-inputs.ts";
import { drawDependencies } from "../machines/dependency-inputs.ts";
import { drawJobInput, drawScheduleInput } from "../machines/job-inputs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

/** Few names, so that a removed job is often followed by another one of its name. */
const names = ["j1", "j2", "j3", "j4", "j5"] as const;
const scheduleNames = ["c1", "c2"] as const;
const timeoutMs = patienceMs;

export class JobWorkload implements Noun {
  readonly share = 20;
  readonly #context: RunContext;
  readonly #random: Random;
  /** Null if jobs name no configs and secrets. */
  readonly #contents: Random | null;

  /** Null if no job depends on anything. */
  readonly #dependencies: Random | null;

  constructor(context: RunContext, { configs = false, dependencies = false }: Pick<Plan, "configs" | "dependencies">) {
    this.#context = context;
    this.#contents = configs ? context.world.random("contents of jobs") : null;
    this.#dependencies = dependencies ? context.world.random("dependencies of jobs") : null;
    this.#random = context.world.random("jobs");
  }

  async act(client: SimClient): Promise<void> {
    if (this.#below(4) === 0) return this.#actOnSchedule(client, scheduleNames[this.#below(scheduleNames.length)]!);
    return this.#actOnJob(client, names[this.#below(names.length)]!);
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }

  /** In one job of three. A task of a job has the newest versions when it starts, and follows no later ones. */
  #references(): object {
    if (this.#contents === null || randomInteger(this.#contents, 3) > 0) return {};
    return drawReferences(this.#contents, "no signals");
  }

  #drawDependencies(name: string): object {
    return this.#dependencies ? drawDependencies(this.#dependencies, name) : {};
  }

  async #actOnJob(client: SimClient, name: string): Promise<void> {
    const { api } = client;
    const job = this.#context.truth.state.jobNamed(name);
    const draw = this.#below(100);
    const body = () =>
      ({ ...drawJobInput(this.#random), ...this.#references(), name, ...this.#drawDependencies(name) }) as never;
    if (!job || draw < 25) {
      const query = { again: "true" } as const;
      await client.try(() => api.call("createJob", { body: body(), query, timeoutMs }));
    } else if (draw < 35) await client.try(() => api.call("putJob", { id: name, body: body(), timeoutMs }));
    else if (draw < 45) await client.try(() => api.call("suspendJob", { id: name, timeoutMs }));
    else if (draw < 65) await client.try(() => api.call("resumeJob", { id: name, timeoutMs }));
    else if (draw < 72) await this.#remove(client, "deleteJob", job.jobId);
    else if (draw < 88) await this.#disturbTask(client, name);
    else if (draw < 94) await client.try(() => api.call("listJobs", { timeoutMs }));
    else await client.try(() => api.call("getJob", { id: name, timeoutMs }));
  }

  async #actOnSchedule(client: SimClient, name: string): Promise<void> {
    const { api } = client;
    const schedule = this.#context.truth.state.scheduleNamed(name);
    const draw = this.#below(100);
    const body = () =>
      ({ ...drawScheduleInput(this.#random), ...this.#references(), name, ...this.#drawDependencies(name) }) as never;
    if (!schedule) await client.try(() => api.call("createSchedule", { body: body(), timeoutMs }));
    else if (draw < 30) await client.try(() => api.call("putSchedule", { id: name, body: body(), timeoutMs }));
    else if (draw < 45) await client.try(() => api.call("suspendSchedule", { id: name, timeoutMs }));
    else if (draw < 70) await client.try(() => api.call("resumeSchedule", { id: name, timeoutMs }));
    else if (draw < 82) await client.try(() => api.call("triggerSchedule", { id: name, timeoutMs }));
    else if (draw < 90) await this.#remove(client, "deleteSchedule", schedule.scheduleId);
    else await client.try(() => api.call("listSchedules", { timeoutMs }));
  }

  async #remove(client: SimClient, operation: "deleteJob" | "deleteSchedule", id: string): Promise<void> {
    await client.try(() => client.api.call(operation, { id, timeoutMs }));
  }

  /** A person stops or removes one task: the job goes on with another one. */
  async #disturbTask(client: SimClient, name: string): Promise<void> {
    const listed = await client.try(() => client.api.call("listJobTasks", { id: name, timeoutMs }));
    if (!listed.ok || listed.value!.length === 0) return;
    const { taskId: id } = listed.value![this.#below(listed.value!.length)]!;
    if (this.#below(2) === 0) await client.try(() => client.api.call("stopTask", { id, timeoutMs }));
    else {
      this.#context.ledger.forced.add(id);
      await client.try(() => client.api.call("deleteTask", { id, query: { force: true }, timeoutMs }));
    }
  }
}
