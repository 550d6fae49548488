// What clients do with configs, secrets and logins to registries: create them, give them other contents while rollouts run, use
// them in tasks and services, try to remove them, and read whatever a master says of them.

import { type Random, randomInteger } from "../../lib/random.ts";
import {
  configNames,
  drawContent,
  drawContentPolicy,
  drawContentUser,
  drawSecret,
  pinnedTo,
  registryName,
  secretNames,
} from "../machines/content-inputs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

const serviceNames = ["u1", "u2"] as const;
const timeoutMs = patienceMs;

export class ConfigWorkload implements Noun {
  readonly share = 18;
  readonly #context: RunContext;
  readonly #random: Random;
  #serial = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#random = context.world.random("configs");
  }

  async act(client: SimClient): Promise<void> {
    const draw = this.#below(100);
    if (draw < 22) return this.#putConfig(client);
    if (draw < 40) return this.#putSecret(client);
    if (draw < 48) return this.#putLogin(client);
    if (draw < 58) return this.#createTask(client);
    if (draw < 84) return this.#useInService(client);
    if (draw < 90) return this.#remove(client);
    return this.#read(client);
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }

  #of<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }

  #has(kind: "config" | "secret", name: string): boolean {
    return this.#context.truth.state.versionsOf(kind, name).length > 0;
  }

  async #putConfig(client: SimClient): Promise<void> {
    const name = this.#of(configNames);
    const data = drawContent(this.#random, this.#serial++);
    const { api } = client;
    if (this.#has("config", name))
      await client.try(() => api.call("updateConfig", { id: name, body: { data }, timeoutMs }));
    else await client.try(() => api.call("createConfig", { body: { name, data }, timeoutMs }));
  }

  async #putSecret(client: SimClient): Promise<void> {
    const name = this.#of(secretNames);
    const data = drawSecret(this.#random, this.#serial++);
    const { api } = client;
    if (this.#has("secret", name))
      await client.try(() => api.call("updateSecret", { id: name, body: { data }, timeoutMs }));
    else await client.try(() => api.call("createSecret", { body: { name, data }, timeoutMs }));
  }

  /** Mostly another password; sometimes the login is removed. */
  async #putLogin(client: SimClient): Promise<void> {
    const { api } = client;
    const body = { username: "anna", password: drawSecret(this.#random, this.#serial++) };
    if (this.#below(4) === 0) await client.try(() => api.call("deleteCredential", { id: registryName, timeoutMs }));
    else {
      const stored = await client.try(() => api.call("putCredential", { id: registryName, body, timeoutMs }));
      if (stored.ok) await this.#pin(client);
    }
  }

  /** Asks for the digest of an image that one machine may have. */
  async #pin(client: SimClient): Promise<void> {
    const body = pinnedTo(this.#of(this.#context.workers).name);
    const request = { id: body.name, body: body as never, query: { resolve: "always" }, timeoutMs } as const;
    const outcome = await client.try(() => client.api.call("putService", request));
    if (outcome.ok) this.#context.ledger.services.answered(outcome.value!);
  }

  async #createTask(client: SimClient): Promise<void> {
    const name = `configs-${this.#serial++}`;
    const image = this.#below(5) === 0 ? `${registryName}/app` : "demo";
    const task = await client.createTask(name, { ...drawContentUser(this.#random), image, name });
    if (task && this.#below(3) === 0) await client.stopTask(task.taskId);
  }

  async #useInService(client: SimClient): Promise<void> {
    const { api } = client;
    const { ledger } = this.#context;
    const name = this.#of(serviceNames);
    const service = this.#context.truth.state.serviceNamed(name);
    const body = { ...drawContentUser(this.#random), name, rollout: drawContentPolicy(this.#random) };
    const draw = this.#below(100);
    if (!service) {
      const created = { ...body, replicas: 1 + this.#below(3) } as never;
      const outcome = await client.try(() => api.call("createService", { body: created, timeoutMs }));
      if (outcome.ok) ledger.services.answered(outcome.value!);
      return;
    }
    const change = () => {
      if (draw < 40) return api.call("putService", { id: name, body: body as never, timeoutMs });
      if (draw < 60) return api.call("restartService", { id: name, timeoutMs });
      if (draw < 80) return api.call("rollbackService", { id: name, timeoutMs });
      return api.call("resumeService", { id: name, timeoutMs });
    };
    if (draw < 94) {
      const outcome = await client.try(change);
      if (outcome.ok) ledger.services.answered(outcome.value!);
      return;
    }
    const removed = await client.try(() => api.call("deleteService", { id: service.serviceId, timeoutMs }));
    if (removed.ok) ledger.services.removed.add(service.serviceId);
  }

  /** Refused while something uses it. */
  async #remove(client: SimClient): Promise<void> {
    const { api } = client;
    if (this.#below(2) === 0)
      await client.try(() => api.call("deleteConfig", { id: this.#of(configNames), timeoutMs }));
    else await client.try(() => api.call("deleteSecret", { id: this.#of(secretNames), timeoutMs }));
  }

  /** What may say too much: lists, explanations, backups, the key, and what the worker of a node is sent. */
  async #read(client: SimClient): Promise<void> {
    const { api } = client;
    const { truth } = this.#context;
    const draw = this.#below(7);
    if (draw === 0) await client.try(() => api.call("listSecrets", { timeoutMs }));
    else if (draw === 1)
      await client.try(() => api.call("listSecretVersions", { id: this.#of(secretNames), timeoutMs }));
    else if (draw === 2) await client.try(() => api.call("listCredentials", { timeoutMs }));
    else if (draw === 3) await client.try(() => api.call("keyReport", { timeoutMs }));
    else if (draw === 4) await this.#backup(client);
    else if (draw === 5) {
      const task = [...truth.tasks.values()].findLast(({ name }) => name.startsWith("configs-"));
      if (task) await client.try(() => api.call("explainTask", { id: task.taskId, timeoutMs }));
    } else await this.#assignments(client);
  }

  async #backup({ api }: SimClient): Promise<void> {
    try {
      const answer = await api.fetch("backup", { timeoutMs });
      await answer.text();
    } catch {
      // It is asked for again another time.
    }
  }

  /** As a client that is not the worker of the node. */
  async #assignments({ api, process }: SimClient): Promise<void> {
    const machine = this.#of(this.#context.workers);
    const stop = new AbortController();
    const cancel = process.clock.timer(2000, () => stop.abort(new Error("seen enough")));
    try {
      const answer = await api.fetch("nodeAssignments", { id: machine.name, signal: stop.signal, timeoutMs });
      await answer.text();
    } catch {
      // The stream ends when enough was seen.
    } finally {
      cancel();
    }
  }
}
