// What clients do with apps: apply them while others do, with members that come and go and some that are refused, roll them back, remove
// them and read them. Only apps make members with these names.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { AppBody } from "../../model/app/app-input.ts";
import { drawContent, drawSecret } from "../machines/content-inputs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

export const appNames = ["shop", "blog"] as const;
const timeoutMs = patienceMs;
/** With times of its own, it is shown to clients as workers get it. */
const restartPolicy = { mode: "always" as const, backoffMaxMs: 5000 };

export class AppWorkload implements Noun {
  readonly share = 18;
  readonly #context: RunContext;
  readonly #random: Random;
  #serial = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#random = context.world.random("apps");
  }

  async act(client: SimClient): Promise<void> {
    const id = this.#of(appNames);
    const draw = this.#below(100);
    const { api } = client;
    const query = this.#expected(id);
    if (draw < 65) await client.try(() => api.call("putApp", { id, body: this.#bodyOf(id), query, timeoutMs }));
    else if (draw < 78) await client.try(() => api.call("rollbackApp", { id, query, timeoutMs }));
    else if (draw < 88) await this.#remove(client, id);
    else if (draw < 94) await client.try(() => api.call("listAppRevisions", { id, timeoutMs }));
    else await client.try(() => api.call("getApp", { id, timeoutMs }));
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }

  #of<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }

  /** What this client has seen of the app, or an older revision. */
  #expected(id: string): { expectedRevision?: string } {
    const revision = this.#context.truth.state.tables.app.get(id)?.revision ?? 0;
    const draw = this.#below(10);
    if (draw < 6) return {};
    return { expectedRevision: String(draw < 8 ? revision : Math.max(0, revision - 1)) };
  }

  /** With volumes, it waits until the replicas have stopped. */
  async #remove(client: SimClient, id: string): Promise<void> {
    const query = this.#below(3) === 0 ? { volumes: "true" as const, timeout: "2s" } : {};
    await client.try(() => client.api.call("deleteApp", { id, query, timeoutMs }));
  }

  /** A service may name a config that the app does not have: then nothing of the app is applied. */
  #bodyOf(app: string): AppBody {
    const some = <T>(make: (name: string) => T): T[] =>
      ["a", "b", "c"].filter(() => this.#below(2) === 0).map((name) => make(`${app}_${name}`));
    const container = () => ({
      ...{ image: "demo", args: ["by-contents"], restartPolicy, stopGraceSeconds: this.#below(3) },
      ...(this.#below(3) === 0 ? { configs: [{ name: `${app}_${this.#of(["a", "b", "c"])}`, env: "A" }] } : {}),
      ...(this.#below(4) === 0 ? { secrets: [{ name: `${app}_${this.#of(["a", "b"])}`, env: "S" }] } : {}),
    });
    const service = (name: string) => ({
      ...{ name, ...container(), replicas: this.#below(4) },
      rollout: { minReadyMs: 0, monitorMs: 1000, deadlineMs: 60_000, drainMs: 0 },
    });
    return {
      services: some(service),
      volumes: some((name) => ({ name })),
      configs: some((name) => ({ name, data: drawContent(this.#random, this.#serial++) })),
      secrets: some((name) => ({ name, data: drawSecret(this.#random, this.#serial++) })),
    };
  }
}
