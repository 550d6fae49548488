// Two lab hosts with engines of their own, a master and two workers, for tests of named volumes. Test support.

import { expect } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Node } from "../../src/model/node/node.ts";
import type { VolumeView } from "../../src/model/volume/volume.ts";
import { type CliResult, Cluster, type MasterProcess, podling, type WorkerProcess } from "../../tools/lab/cluster.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";

export const endless = "while :; do sleep 0.2; done";

export class VolumeHosts {
  readonly lab: Lab;
  readonly n1: LabHost;
  readonly n2: LabHost;
  readonly master: MasterProcess;
  readonly workers: Readonly<Record<"n1" | "n2", WorkerProcess>>;
  readonly image: string;
  #runs = 0;

  private constructor(lab: Lab, hosts: readonly [LabHost, LabHost], image: string) {
    const cluster = Cluster.in(lab);
    const [n1, n2] = hosts;
    this.lab = lab;
    this.n1 = n1;
    this.n2 = n2;
    this.image = image;
    this.master = cluster.master({ address: lab.address, strategy: "spread" });
    const worker = (on: LabHost) => cluster.worker({ master: this.master, engine: on.engine, on, capacity: 20 });
    this.workers = { n1: worker(n1), n2: worker(n2) };
  }

  static async start(): Promise<VolumeHosts> {
    const lab = await Lab.start();
    try {
      const n1 = await lab.host("n1");
      const n2 = await lab.host("n2");
      const image = await n1.engine.image();
      await n2.engine.image();
      const hosts = new VolumeHosts(lab, [n1, n2], image);
      await hosts.master.start();
      await Promise.all([hosts.workers.n1.start(), hosts.workers.n2.start()]);
      await hosts.online("n1", "n2");
      return hosts;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  down(): Promise<void> {
    return this.lab.down();
  }

  cli(...words: string[]): Promise<CliResult> {
    return podling(words, { master: this.master });
  }

  /** The same; its output. Throws unless the exit code is 0. */
  async must(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cli(...words);
    if (code !== 0) throw new Error(`podling ${words.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** The same; its error output. Throws if the exit code is 0. */
  async refused(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cli(...words);
    if (code === 0) throw new Error(`podling ${words.join(" ")} was not refused:\n${stdout}${stderr}`);
    return stderr;
  }

  async online(...names: string[]): Promise<void> {
    await until(
      `${names.join(" and ")} to be online`,
      async () => {
        const nodes = await this.master.json<Node[]>("GET", "/api/v1/nodes");
        const well = nodes.filter((node) => node.status === "online" && node.engine && node.engineError === null);
        return names.every((name) => well.some(({ hostname }) => hostname === name));
      },
      30_000,
    );
  }

  offline(name: string): Promise<unknown> {
    return until(
      `${name} to be offline`,
      async () => {
        const nodes = await this.master.json<Node[]>("GET", "/api/v1/nodes");
        return nodes.some(({ hostname, status }) => hostname === name && status === "offline");
      },
      60_000,
    );
  }

  volume(name: string): Promise<VolumeView> {
    return this.master.json("GET", `/api/v1/volumes/${name}`);
  }

  /** Runs a shell script with the volume at /d to its end, and removes the task. Returns the name of the node. */
  async run(volume: string, script: string): Promise<string> {
    const body = {
      ...{ name: `run-${++this.#runs}`, image: this.image, command: ["sh", "-c"] },
      ...{ args: [script], mounts: [{ type: "volume", source: volume, target: "/d" }] },
    };
    const path = "/api/v1/tasks";
    const done = await this.master.json<TaskView>("POST", `${path}?wait=finished&timeout=60s`, body);
    if (done.status !== "completed") {
      const log = await (await this.master.fetch(`${path}/${done.taskId}/logs`)).text().catch(String);
      throw new Error(`${done.status}: ${JSON.stringify(done.reason)}\n${log}`);
    }
    const nodes = await this.master.json<Node[]>("GET", "/api/v1/nodes");
    await this.master.json("DELETE", `${path}/${done.taskId}`);
    return nodes.find(({ nodeId }) => nodeId === done.nodeId)!.hostname;
  }

  /** Waits until the record says that no work is under way. */
  async idle(name: string): Promise<VolumeView> {
    const volume = await until(
      `the work on ${name} to be over`,
      async () => {
        const now = await this.volume(name);
        return now.work === null || now.work.failed !== null ? now : null;
      },
      60_000,
    );
    expect(volume.name).toBe(name);
    return volume;
  }
}
