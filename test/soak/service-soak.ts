// One run of make soak-services: three hosts, two services, and a client for each that balances over its endpoints.

import type { Node } from "../../src/model/node/node.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { Balancer } from "../../tools/lab/balancer.ts";
import { Cluster, type MasterProcess } from "../../tools/lab/cluster.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";
import { type WebApp, webService } from "../system/web-apps.ts";

const hosts = ["n1", "n2", "n3"];
const apps: readonly WebApp[] = ["handles", "ignores"];
const replicas = 3;
/** Of each client at once: enough that a rollout sees hundreds of requests, on a machine with two cores. */
const atOnce = 4;
/** Ten times what a rollout or a drain takes on a busy machine. */
const patienceMs = 180_000;

export interface SoakResult {
  answered: number;
  failed: number;
  failures: string[];
}

export class ServiceSoak {
  readonly #lab: Lab;
  readonly #master: MasterProcess;
  readonly #image: string;
  readonly #say: (line: string) => void;
  readonly #signal: AbortSignal;

  private constructor(
    lab: Lab,
    master: MasterProcess,
    image: string,
    say: (line: string) => void,
    signal: AbortSignal,
  ) {
    this.#lab = lab;
    this.#master = master;
    this.#image = image;
    this.#say = say;
    this.#signal = signal;
  }

  static async start(say: (line: string) => void, signal: AbortSignal): Promise<ServiceSoak> {
    const lab = await Lab.start();
    try {
      const cluster = Cluster.in(lab);
      const master = await cluster.master({ address: lab.address, strategy: "spread" }).start();
      let image = "";
      for (const name of hosts) {
        const host = await lab.host(name);
        image = await host.engine.image();
        await cluster.worker({ master, engine: host.engine, on: host, capacity: 100 }).start();
      }
      await until("the nodes to register", async () => {
        const nodes = await master.json<Node[]>("GET", "/api/v1/nodes");
        return nodes.filter(({ engine, status }) => engine !== null && status === "online").length === hosts.length;
      });
      return new ServiceSoak(lab, master, image, say, signal);
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  down(): Promise<void> {
    return this.#lab.down();
  }

  async run(wanted: { requests: number; rollouts: number; drains: number }): Promise<SoakResult> {
    for (const app of apps) await this.#put(app, "0");
    for (const app of apps) await this.#serves(app, "0");
    const clients = apps.map((app) => new Balancer(this.#master, app));
    const loads = clients.map((client) => client.start(atOnce));
    const sum = (of: "answered" | "failed") => clients.reduce((total, client) => total + client[of], 0);
    const drainAfter = Math.max(1, Math.ceil(wanted.rollouts / Math.max(1, wanted.drains)));
    let drains = 0;
    for (let rollout = 1; rollout <= wanted.rollouts && !this.#signal.aborted; rollout++) {
      const app = apps[rollout % apps.length]!;
      // The requests are spread over all rollouts.
      const before = (wanted.requests * (rollout - 1)) / wanted.rollouts;
      await until("the requests before it", () => this.#signal.aborted || sum("answered") >= before, 3_600_000);
      await this.#put(app, String(rollout));
      // A drain begins in the middle of the rollout.
      if (rollout % drainAfter === 0 && drains < wanted.drains) await this.#drain(hosts[drains++ % hosts.length]!);
      await this.#serves(app, String(rollout));
      this.#say(`rollout ${rollout}, ${drains} drains: ${sum("answered")} answered, ${sum("failed")} failed`);
    }
    await until("the requests", () => this.#signal.aborted || sum("answered") >= wanted.requests, 3_600_000);
    for (const load of loads) await load.end();
    const without = clients.map((client) => client.without).filter((count) => count > 0);
    const failures = clients.flatMap((client) => client.failures);
    if (without.length > 0) failures.push(`${without.join(" and ")} times there was no endpoint to send to`);
    return { answered: sum("answered"), failed: sum("failed") + without.length, failures };
  }

  #put(app: WebApp, version: string): Promise<ServiceView> {
    const body = webService(app, this.#image, app, version, { replicas });
    return this.#master.json("PUT", `/api/v1/services/${app}`, body);
  }

  /** Resolves when every replica is of the newest revision, and nothing else is left. */
  async #serves(app: WebApp, version: string): Promise<void> {
    await until(
      `version ${version} of ${app} to serve`,
      async () => {
        const service = await this.#master.json<ServiceView>("GET", `/api/v1/services/${app}`);
        const { rollout, replicas: counts, reason } = service;
        if (reason.code === "rolled-back" || service.paused) throw new Error(reason.message);
        return (
          rollout === null && service.target === service.newest && counts.serving === replicas && counts.going === 0
        );
      },
      patienceMs,
    );
  }

  async #drain(hostname: string): Promise<void> {
    await this.#master.json("POST", `/api/v1/nodes/${hostname}/drain`, { deadlineMs: patienceMs });
    await until(
      `${hostname} to be empty`,
      async () => (await this.#master.json<Node>("GET", `/api/v1/nodes/${hostname}`)).runningTasks === 0,
      patienceMs,
    );
    await this.#master.json("POST", `/api/v1/nodes/${hostname}/undrain`);
  }
}
