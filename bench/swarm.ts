// A real two-node Docker Swarm on two lab hosts, used through its own API and command line. Everything is set in its favour:
// images are present and named by digest, no registry is asked, the command line does not wait for stability.

import type { LabHost } from "../tools/lab/lab.ts";
import { run } from "../tools/lab/network.ts";
import { until } from "../tools/lab/until.ts";
import { CONTAINER_COMMAND } from "./container-command.ts";
import { httpRequest, mustLoad } from "./http-load.ts";

const POLL_MS = 10;
const RUN_WAIT_MS = 120_000;

export interface SwarmTask {
  ID: string;
  NodeID: string;
  Status: { State: string };
  DesiredState: string;
  Spec: { ContainerSpec: { Env?: string[] } };
}

interface SwarmNode {
  ID: string;
  Version: { Index: number };
  Spec: { Role: string; Availability: string };
  Status: { State: string; Addr: string };
}

export class Swarm {
  readonly hosts: LabHost[];
  readonly image: string;
  readonly #socket: string;
  #named = 0;

  private constructor(hosts: LabHost[], image: string) {
    this.hosts = hosts;
    this.image = image;
    this.#socket = hosts[0]!.engine.host.slice("unix://".length);
  }

  get manager() {
    return this.hosts[0]!.engine;
  }

  static async start(hosts: LabHost[], image: string): Promise<Swarm> {
    const [manager, worker] = hosts as [LabHost, LabHost];
    const swarm = new Swarm(hosts, image);
    await docker(manager, ["swarm", "init", "--advertise-addr", manager.address]);
    const token = (await docker(manager, ["swarm", "join-token", "-q", "worker"])).trim();
    await docker(worker, ["swarm", "join", "--token", token, `${manager.address}:2377`]);
    await until("both Swarm nodes to be ready", async () => {
      const nodes = await swarm.nodes();
      return nodes.length === 2 && nodes.every(({ Status }) => Status.State === "ready");
    });
    return swarm;
  }

  nodes(): Promise<SwarmNode[]> {
    return this.manager.json("/nodes");
  }

  /** Runs `docker service create`, and resolves when all replicas run. */
  async createAndRun(replicas: number, ...flags: string[]): Promise<string> {
    const name = `bench-${++this.#named}`;
    const command = ["service", "create", "--detach", "--quiet", "--no-resolve-image", "--name", name];
    await docker(this.hosts[0]!, [
      ...[...command, "--replicas", String(replicas), "--stop-grace-period", "1s", ...flags],
      ...[this.image, ...CONTAINER_COMMAND],
    ]);
    await this.running(name, replicas);
    return name;
  }

  async running(name: string, replicas: number): Promise<SwarmTask[]> {
    const deadline = performance.now() + RUN_WAIT_MS;
    while (performance.now() < deadline) {
      const running = (await this.tasks(name)).filter(({ Status }) => Status.State === "running");
      if (running.length >= replicas) return running;
      await Bun.sleep(POLL_MS);
    }
    throw new Error(`the Swarm did not run ${replicas} replicas within ${RUN_WAIT_MS / 1000} s`);
  }

  /** Resolves when so many replicas run with this variable. */
  async updated(name: string, variable: string, replicas: number): Promise<void> {
    const deadline = performance.now() + RUN_WAIT_MS;
    while (performance.now() < deadline) {
      const isNew = ({ Spec, Status }: SwarmTask) =>
        Status.State === "running" && (Spec.ContainerSpec.Env ?? []).includes(variable);
      if ((await this.tasks(name)).filter(isNew).length >= replicas) return;
      await Bun.sleep(POLL_MS);
    }
    throw new Error(`the Swarm did not update ${replicas} replicas within ${RUN_WAIT_MS / 1000} s`);
  }

  tasks(name: string): Promise<SwarmTask[]> {
    const filters = JSON.stringify({ service: [name], "desired-state": ["running"] });
    return this.manager.json(`/tasks?filters=${encodeURIComponent(filters)}`);
  }

  /** Durable creates a second, of services without replicas, so that only the record is made. */
  createServices(count: number, connections: number) {
    const prefix = `empty-${++this.#named}`;
    return mustLoad({
      to: { unix: this.#socket },
      connections,
      requests: count,
      status: 201,
      request: (n) =>
        httpRequest(
          "POST",
          "/v1.41/services/create",
          JSON.stringify({
            Name: `${prefix}-${n}`,
            Labels: { app: "web" },
            TaskTemplate: { ContainerSpec: { Image: this.image, Env: ["MODE=production"] } },
            Mode: { Replicated: { Replicas: 0 } },
          }),
        ),
    });
  }

  /** Removes all services, and waits until their containers are gone. */
  async clear(): Promise<void> {
    const services = await this.manager.json<{ ID: string }[]>("/services");
    if (services.length > 0) {
      await mustLoad({
        to: { unix: this.#socket },
        connections: Math.min(32, services.length),
        requests: services.length,
        status: 200,
        request: (n) => httpRequest("DELETE", `/v1.41/services/${services[n]!.ID}`),
      });
    }
    await until(
      "the Swarm's containers to be gone",
      async () => {
        const left = await Promise.all(this.hosts.map(({ engine }) => engine.containers()));
        return left.every((containers) => containers.length === 0);
      },
      RUN_WAIT_MS,
    );
  }

  async setAvailability(node: SwarmNode, availability: "active" | "drain"): Promise<void> {
    const { ID, Spec } = node;
    const fresh = (await this.nodes()).find((one) => one.ID === ID)!;
    const spec = { ...Spec, Availability: availability };
    await this.manager.json(`/nodes/${ID}/update?version=${fresh.Version.Index}`, "POST", spec);
  }
}

/** The docker command line against a lab host's engine. */
export function docker({ engine }: LabHost, args: string[]): Promise<string> {
  return run(["docker", "--host", engine.host, ...args]);
}
