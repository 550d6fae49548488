// What clients do to free disks: show what a clean-up of a node would remove, and make one. No volumes: without their data tasks
// wait for a person.

import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import type { SimClient } from "./sim-client.ts";

export class CleanupWorkload implements Noun {
  readonly share = 4;
  readonly #context: RunContext;
  readonly #random: Random;

  constructor(context: RunContext) {
    this.#context = context;
    this.#random = context.world.random("cleanups");
  }

  async act(client: SimClient): Promise<void> {
    const { name: id } = randomItem(this.#random, this.#context.workers);
    const query = randomInteger(this.#random, 3) > 0 ? { images: true } : {};
    const operation = randomInteger(this.#random, 3) === 0 ? "previewCleanup" : "cleanNode";
    const { ledger } = this.#context;
    ledger.requests++;
    try {
      const outcome = await client.api.call(operation, { id, query, timeoutMs: limits.cleanupMs });
      if (!outcome.ok) ledger.refused++;
    } catch {
      // A clean-up that was not answered goes on: the next one continues it.
      ledger.unanswered++;
    }
  }
}
