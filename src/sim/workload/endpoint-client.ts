// A client that follows the endpoints of one service after the other, as a load balancer does: it opens the stream, reads it for
// some seconds, or until the service is removed, and passes its events on. A stream that breaks is opened again from the start.

import { Client } from "../../api/client.ts";
import { type Random, randomItem } from "../../lib/random.ts";
import { readEvents } from "../../lib/sse.ts";
import type { ServiceId } from "../../model/ids.ts";
import { masterUrl } from "../machines/master-machine.ts";
import type { EndpointListener } from "../run/context.ts";
import type { Truth } from "../run/truth.ts";
import { Host } from "../world/host.ts";
import type { Network } from "../world/network.ts";
import { Process } from "../world/process.ts";
import type { World } from "../world/world.ts";

const maxSilenceMs = 40_000;
const pausesWithinMs = 2000;
const staysWithinMs = 30_000;
/** One for all: see watch-client.ts. */
const left = new Error("the client of endpoints has left");

/** What it needs of the run. */
interface EndpointClientContext {
  world: World;
  network: Network;
  truth: Pick<Truth, "state">;
  /** True when nothing breaks any more: then it stays connected. */
  readonly repaired: boolean;
}

export class EndpointClient {
  readonly #context: EndpointClientContext;
  readonly #process: Process;
  readonly #client: Client;
  readonly #random: Random;
  listener: EndpointListener = { opens() {}, event() {}, ends() {} };

  constructor(context: EndpointClientContext) {
    this.#context = context;
    const host = new Host(context.world, "balancer");
    context.network.addHost(host);
    this.#process = new Process(context.world, host, "balancer");
    this.#random = context.world.random("balancer");
    const fetch = context.network.fetchFor(this.#process);
    this.#client = new Client({ baseUrl: masterUrl, fetch, clock: this.#process.clock });
    void this.#follow();
  }

  async #follow(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => this.#process.clock.timer(this.#random.next() * pausesWithinMs, resolve));
      const services = [...this.#context.truth.state.tables.service.keys()].sort() as ServiceId[];
      if (services.length === 0) continue;
      const id = randomItem(this.#random, services);
      this.listener.opens(id);
      try {
        await this.#read(id);
      } catch {
        // The connection broke.
      }
      this.listener.ends();
    }
  }

  async #read(id: ServiceId): Promise<void> {
    const stop = new AbortController();
    const { clock } = this.#process;
    const leave = () => this.#context.repaired || stop.abort(left);
    const cancelLeave = clock.timer(this.#random.next() * staysWithinMs, leave);
    let cancelSilence = () => {};
    const onBytes = () => {
      cancelSilence();
      cancelSilence = clock.timer(maxSilenceMs, () => stop.abort(left));
    };
    try {
      const request = { id, query: { watch: true }, signal: stop.signal, timeoutMs: 5000 };
      const answer = await this.#client.fetch("listEndpoints", request);
      if (!answer.ok || !answer.body) return void (await answer.text());
      onBytes();
      for await (const event of readEvents(answer.body, onBytes)) {
        this.listener.event(event);
        if (event.event === "removed") return;
      }
    } finally {
      cancelLeave();
      cancelSilence();
      stop.abort(left);
    }
  }
}
