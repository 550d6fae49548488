// What clients do to spread replicas again: show the moves of a rebalance, make one, and drain a node or end its drain before that.

import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

const timeoutMs = patienceMs;

export class MoveWorkload implements Noun {
  readonly share = 12;
  readonly #context: RunContext;
  readonly #random: Random;

  constructor(context: RunContext) {
    this.#context = context;
    this.#random = context.world.random("moves");
  }

  async act(client: SimClient): Promise<void> {
    const draw = randomInteger(this.#random, 10);
    if (draw === 0) await this.#drain(client);
    else if (draw < 4) await this.#undrain(client);
    if (draw % 3 === 0) await this.#show(client);
    await client.try(() => client.api.call("rebalance", { timeoutMs }));
  }

  /** A plan that is only shown moves nothing. */
  async #show(client: SimClient): Promise<void> {
    const shown = await client.try(() => client.api.call("rebalance", { query: { dryRun: true }, timeoutMs }));
    if (!shown.ok || shown.value!.started === null) return;
    const { name } = shown.value!.started;
    this.#context.fail({ class: "safety", checker: "moves-end", message: `a plan that was shown has moved ${name}` });
  }

  async #drain(client: SimClient): Promise<void> {
    const { workers } = this.#context;
    const { name: id } = randomItem(this.#random, workers);
    const body = { deadlineMs: randomInteger(this.#random, 2) * 60_000 };
    await client.try(() => client.api.call("drainNode", { id, body, timeoutMs }));
  }

  /** A node that takes tasks again is empty: replicas move to it. */
  async #undrain(client: SimClient): Promise<void> {
    const drained = [...this.#context.truth.state.nodes.values()].filter(({ draining }) => draining !== null);
    for (const { hostname: id } of drained) {
      await client.try(() => client.api.call("undrainNode", { id, timeoutMs }));
      await client.try(() => client.api.call("uncordonNode", { id, timeoutMs }));
    }
  }
}
