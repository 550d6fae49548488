// Master and worker as real processes, with a real engine of the lab. Test support: it asserts nothing.

import type { Node } from "../../src/model/node.ts";
import type { Task, TaskStatus } from "../../src/model/task.ts";
import { Cluster, type MasterProcess, type WorkerProcess } from "../lab/cluster.ts";
import type { Engine } from "../lab/engine.ts";
import { Lab } from "../lab/lab.ts";
import { until } from "../lab/until.ts";

const reachedWaitMs = 30_000;

export class RealWorld {
  readonly lab: Lab;
  readonly engine: Engine;
  readonly image: string;
  readonly cluster: Cluster;
  readonly master: MasterProcess;

  private constructor(lab: Lab, engine: Engine, image: string, cluster: Cluster, master: MasterProcess) {
    this.lab = lab;
    this.engine = engine;
    this.image = image;
    this.cluster = cluster;
    this.master = master;
  }

  static async start(token?: string): Promise<RealWorld> {
    const lab = await Lab.start();
    try {
      const engine = await lab.engine();
      const cluster = Cluster.in(lab);
      const master = await cluster.master(token === undefined ? {} : { token }).start();
      return new RealWorld(lab, engine, await engine.image(), cluster, master);
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** One that has joined. */
  async worker(
    more: { args?: string[]; env?: Record<string, string>; capacity?: number } = {},
  ): Promise<WorkerProcess> {
    const worker = await this.cluster
      .worker({ master: this.master, engine: this.engine, capacity: 200, ...more })
      .start();
    await this.joined(worker);
    return worker;
  }

  joined(worker: WorkerProcess): Promise<Node> {
    return until(`${worker.name} to be online`, async () => {
      const node = await this.node(worker);
      return node?.status === "online" && node.engineError === null && node;
    });
  }

  async node(worker: WorkerProcess): Promise<Node | undefined> {
    const nodes = await this.master.json<Node[]>("GET", "/api/v1/nodes");
    return nodes.find(({ hostname }) => hostname === worker.hostname);
  }

  run(name: string, script: string, more: object = {}): Promise<Task> {
    const body = { name, image: this.image, command: ["sh", "-c"], args: [script], stopGraceSeconds: 1, ...more };
    return this.master.json("POST", "/api/v1/tasks", body);
  }

  task({ taskId }: Pick<Task, "taskId">): Promise<Task> {
    return this.master.json("GET", `/api/v1/tasks/${taskId}`);
  }

  reached(task: Pick<Task, "taskId" | "name">, status: TaskStatus, code?: string): Promise<Task> {
    return until(
      `${task.name} to be ${status} ${code ?? ""}`,
      async () => {
        const now = await this.task(task);
        if (now.status === status && (code === undefined || now.reason.code === code)) return now;
        throw new Error(`it is ${now.status}: ${now.reason.code}, ${now.reason.message}`);
      },
      reachedWaitMs,
    );
  }

  stop({ taskId }: Task): Promise<Task> {
    return this.master.json("POST", `/api/v1/tasks/${taskId}/stop`);
  }

  /** State of its container: "running", "exited"; undefined: there is none. */
  async container({ taskId }: Task): Promise<string | undefined> {
    return (await this.engine.containers(`podling.task=${taskId}`))[0]?.State;
  }

  down(): Promise<void> {
    return this.lab.down();
  }
}
