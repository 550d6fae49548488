// What clients do with services that have a selector: make, change, read and remove them, and create tasks with labels.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { TaskId } from "../../model/ids.ts";
import { drawTaskInput } from "../machines/programs.ts";
import { appOf } from "../machines/service-inputs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

const names = ["select-1", "select-2", "select-3"] as const;
const timeoutMs = patienceMs;

export class SelectorWorkload implements Noun {
  readonly share = 9;
  readonly #context: RunContext;
  readonly #random: Random;
  readonly #created: TaskId[] = [];
  #serial = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#random = context.world.random("selectors");
  }

  async act(client: SimClient): Promise<void> {
    const draw = this.#below(100);
    const name = names[this.#below(names.length)]!;
    if (draw < 40) return this.#createTask(client);
    if (draw < 55) return this.#stopTask(client);
    if (draw < 80) return this.#put(client, name);
    if (draw < 86) return this.#remove(client, name);
    if (draw < 92) await client.try(() => client.api.call("listEndpoints", { id: name, timeoutMs }));
    else if (draw < 96) await client.try(() => client.api.call("listReplicas", { id: name, timeoutMs }));
    // Refused: it has no replicas.
    else await client.try(() => client.api.call("scaleService", { id: name, query: { replicas: 2 }, timeoutMs }));
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }

  /** Labels that tasks and replicas have, or one more, which few have. */
  #drawLabels(): Record<string, string> {
    return { app: appOf(this.#below(2)), ...(this.#below(3) === 0 ? { tier: `t${this.#below(2)}` } : {}) };
  }

  async #put(client: SimClient, name: string): Promise<void> {
    const namespace = this.#below(4) === 0 ? { namespace: "other" } : {};
    const ports = this.#below(3) === 0 ? { ports: [{ port: 80 }] } : {};
    const body = { name, selector: this.#drawLabels(), ...namespace, ...ports };
    const outcome = await client.try(() => client.api.call("putService", { id: name, body, timeoutMs }));
    if (outcome.ok) this.#context.ledger.services.answered(outcome.value!);
  }

  async #remove(client: SimClient, name: string): Promise<void> {
    const { ledger, truth } = this.#context;
    const id = truth.state.serviceNamed(name)?.serviceId;
    if (id === undefined) return;
    const outcome = await client.try(() => client.api.call("deleteService", { id, timeoutMs }));
    if (outcome.ok) ledger.services.removed.add(id);
  }

  async #createTask(client: SimClient): Promise<void> {
    const serial = this.#serial++;
    const namespace: Record<string, string> = this.#below(4) === 0 ? { "podling.namespace": "other" } : {};
    const labels = { ...this.#drawLabels(), ...namespace };
    const name = `labelled-${serial}`;
    const task = await client.createTask(name, { ...drawTaskInput(this.#random, serial), name, labels });
    if (task) this.#created.push(task.taskId);
  }

  async #stopTask(client: SimClient): Promise<void> {
    const [id] = this.#created.splice(this.#below(Math.max(1, this.#created.length)), 1);
    if (id !== undefined) await client.stopTask(id);
  }
}
