// One simulated client: a program that sends requests over the network, and repeats each one until it is answered.

import { Client, UnreachableError } from "../../api/client.ts";
import type { Outcome } from "../../model/refusal.ts";
import { masterUrl } from "../machines/master-machine.ts";
import type { RunContext } from "../run/context.ts";
import type { Process } from "../world/process.ts";

/** How long a client waits for an answer. */
export const patienceMs = 5000;
const retryMs = 700;

/** Refusals after which a client tries again later. */
const later = new Set(["journal-unavailable", "not-ready", "too-many", "internal", "node-unreachable"]);

export class SimClient {
  readonly api: Client;
  readonly process: Process;
  readonly #ledger: RunContext["ledger"];

  constructor({ network, ledger }: RunContext, process: Process) {
    this.process = process;
    this.#ledger = ledger;
    this.api = new Client({ baseUrl: masterUrl, fetch: network.fetchFor(process), clock: process.clock });
  }

  /** Repeats the request until it is answered. */
  async try<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const ledger = this.#ledger;
    for (;;) {
      ledger.requests++;
      try {
        const outcome = await call();
        if (outcome.ok || !later.has(outcome.refusal.code)) return outcome;
        ledger.refused++;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        ledger.unanswered++;
      }
      await new Promise<void>((resolve) => this.process.clock.timer(retryMs, resolve));
    }
  }
}
