// The cluster of the churn tests and of the soak: two hosts with an engine each, a master and two workers, and the faults
// that a test can cause, each recorded with its times. The engine of n1 ends its containers when it crashes; that of n2
// keeps them (live-restore). Test support.

import type { Node } from "../../src/model/node/node.ts";
import { Cluster, type MasterProcess, type WorkerProcess } from "../../tools/lab/cluster.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";
import { type FaultKind, FaultLog } from "./fault-log.ts";

const capacity = 50;
const backWaitMs = 60_000;

export type Place = { host: LabHost; worker: WorkerProcess };

export class TwoHosts {
  readonly lab: Lab;
  readonly master: MasterProcess;
  readonly places: readonly [Place, Place];
  readonly image: string;
  readonly faults = new FaultLog();

  private constructor(lab: Lab, master: MasterProcess, places: readonly [Place, Place], image: string) {
    this.lab = lab;
    this.master = master;
    this.places = places;
    this.image = image;
  }

  static async start(masterArgs: string[] = []): Promise<TwoHosts> {
    const lab = await Lab.start();
    try {
      const n1 = await lab.host("n1");
      const n2 = await lab.host("n2", { liveRestore: true });
      const image = await n1.engine.image();
      await n2.engine.image();
      const cluster = Cluster.in(lab);
      const master = cluster.master({ address: lab.address, strategy: "spread", args: masterArgs });
      await master.start();
      const place = (host: LabHost): Place => ({
        host,
        worker: cluster.worker({ master, engine: host.engine, on: host, capacity }),
      });
      const world = new TwoHosts(lab, master, [place(n1), place(n2)], image);
      for (const { worker } of world.places) await worker.start();
      await world.whole();
      return world;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  down(): Promise<void> {
    return this.lab.down();
  }

  nodes(): Promise<Node[]> {
    return this.master.json("GET", "/api/v1/nodes");
  }

  /** Resolves when both nodes are online with their engines and receive assignments. */
  async whole(): Promise<void> {
    await until(
      "both nodes to be online with their engines",
      async () => {
        const nodes = await this.nodes();
        const well = nodes.filter((node) => node.status === "online" && node.engine && node.engineError === null);
        if (well.length !== 2) throw new Error(JSON.stringify(nodes.map((n) => [n.hostname, n.status, n.engineError])));
        return true;
      },
      backWaitMs,
    );
    await until(
      "both workers to reach the master",
      async () => {
        for (const place of this.places) if (!(await workerReaches(place))) return false;
        return true;
      },
      backWaitMs,
    );
  }

  killWorker({ worker }: Place): Promise<void> {
    return this.#during("worker killed", worker.hostname, async () => {
      await worker.kill();
      await worker.start();
    });
  }

  killMaster(): Promise<void> {
    return this.#during("master killed", null, async () => {
      await this.master.kill();
      await this.master.start();
    });
  }

  /** kill -9 of the engine, and its start `awayMs` later. */
  killEngine({ host, worker }: Place, awayMs: number): Promise<void> {
    const kind = host === this.places[1].host ? "engine killed, live-restore" : "engine killed";
    return this.#during(kind, worker.hostname, async () => {
      await host.engine.kill();
      await Bun.sleep(awayMs);
      for (const containerId of host.engine.orphans()) {
        if (!host.engine.recordsAsRunning(containerId)) this.faults.forgotten.add(containerId);
      }
      await host.engine.start();
    });
  }

  /** Cuts the host off, and reconnects it `awayMs` later. */
  cut({ host, worker }: Place, awayMs: number): Promise<void> {
    return this.#during("cable cut", worker.hostname, async () => {
      await host.cut();
      await Bun.sleep(awayMs);
      await host.reconnect();
    });
  }

  #during(kind: FaultKind, host: string | null, breakAndRepair: () => Promise<void>): Promise<void> {
    return this.faults.during(kind, host, breakAndRepair, () => this.whole());
  }
}

/** A page of a worker's own server, over the lab's bridge. */
export async function workerPage({ host, worker }: Place, path: string): Promise<string> {
  const answer = await fetch(`http://${host.address}:${worker.port}${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${worker.name}${path}: ${answer.status}`);
  return answer.text();
}

async function workerReaches(place: Place): Promise<boolean> {
  return (JSON.parse(await workerPage(place, "/health")) as { master: string }).master === "up";
}

/** One number of a page of metrics. */
export function metricOf(page: string, name: string): number {
  const line = page.split("\n").find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
  if (line === undefined) throw new Error(`there is no metric ${name}`);
  return Number(line.slice(line.lastIndexOf(" ") + 1));
}
