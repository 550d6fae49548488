// What clients do with nodes: cordon and uncordon, drain and undrain, label, deregister, list.

import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import type { Plan } from "../faults/plan.ts";
import type { RunContext } from "../run/context.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

/** At once, before a replica can be moved, and long after. */
const deadlinesMs = [0, 3_000, 120_000];

export class NodeWorkload {
  readonly #context: RunContext;
  readonly #random: Random;
  /** Without the record of n1, its twin would get its name. */
  readonly #hasTwin: boolean;

  constructor(context: RunContext, random: Random, { twin }: Pick<Plan, "twin">) {
    this.#context = context;
    this.#random = random;
    this.#hasTwin = twin !== "none";
  }

  /** The action of this draw (of 0 to 99), for draws that stand for no action on tasks. */
  async draw(draw: number, client: SimClient): Promise<void> {
    if (draw === 99) return this.#label(client);
    if (draw < 97) return this.#cordon(client);
    if (draw === 97) return this.#drain(client);
    if (draw === 98 && !this.#hasTwin && randomInteger(this.#random, 4) === 0) return this.#deregister(client);
    await client.try(() => client.api.call("listNodes", { timeoutMs: patienceMs }));
  }

  #pick(): string {
    const { workers } = this.#context;
    return randomItem(this.#random, workers).name;
  }

  async #cordon(client: SimClient): Promise<void> {
    const id = this.#pick();
    const operation = randomInteger(this.#random, 3) === 0 ? "cordonNode" : "uncordonNode";
    await client.try(() => client.api.call(operation, { id, timeoutMs: patienceMs }));
  }

  async #drain(client: SimClient): Promise<void> {
    const id = this.#pick();
    const ends = randomInteger(this.#random, 2) === 0;
    const body = { deadlineMs: randomItem(this.#random, deadlinesMs) };
    await client.try(() =>
      ends
        ? client.api.call("undrainNode", { id, timeoutMs: patienceMs })
        : client.api.call("drainNode", { id, body, timeoutMs: patienceMs }),
    );
  }

  async #label(client: SimClient): Promise<void> {
    const id = this.#pick();
    const body = randomInteger(this.#random, 2) === 0 ? { set: { rack: "a" } } : { remove: ["rack"] };
    await client.try(() => client.api.call("labelNode", { id, body, timeoutMs: patienceMs }));
  }

  /** Deregisters a node. If its worker still runs, it registers again. */
  async #deregister(client: SimClient): Promise<void> {
    const id = this.#pick();
    await client.try(() => client.api.call("deregisterNode", { id, timeoutMs: patienceMs }));
  }
}
