// One master, one worker and a real engine of the lab's own, and how tests ask them for tasks. Test support.

import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { Node } from "../../src/model/node/node.ts";
import type { TaskStatus } from "../../src/model/task/reason.ts";
import { Cluster, type MasterProcess, type WorkerProcess } from "../../tools/lab/cluster.ts";
import type { Engine } from "../../tools/lab/engine.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";

export type Inspected = {
  Id: string;
  Name: string;
  RestartCount: number;
  State: { Status: string; Running: boolean; Pid: number; ExitCode: number };
  Config: {
    Env: string[];
    User: string;
    WorkingDir: string;
    Entrypoint: string[] | null;
    Cmd: string[] | null;
    Labels: Record<string, string>;
    StopTimeout: number;
  };
  HostConfig: {
    Memory: number;
    MemorySwap: number;
    MemoryReservation: number;
    NanoCpus: number;
    CpuShares: number;
    RestartPolicy: { Name: string };
  };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
};

export class World {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly engine: Engine;
  readonly master: MasterProcess;
  readonly worker: WorkerProcess;
  readonly image: string;

  private constructor(parts: Pick<World, "lab" | "cluster" | "engine" | "master" | "worker" | "image">) {
    this.lab = parts.lab;
    this.cluster = parts.cluster;
    this.engine = parts.engine;
    this.master = parts.master;
    this.worker = parts.worker;
    this.image = parts.image;
  }

  static async start(
    worker: { env?: Record<string, string>; args?: string[]; capacity?: number } = {},
    given?: Lab,
  ): Promise<World> {
    const lab = given ?? (await Lab.start());
    try {
      const engine = await lab.engine();
      const image = await engine.image();
      const cluster = Cluster.in(lab);
      const master = await cluster.master().start();
      const started = await cluster.worker({ master, engine, hostname: "n1", capacity: 100, ...worker }).start();
      const world = new World({ lab, cluster, engine, master, worker: started, image });
      await until("the node to register", async () => (await world.node()).engine !== null);
      return world;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  down(): Promise<void> {
    return this.lab.down();
  }

  /** A task that runs a line of shell. */
  create(name: string, script: string, more: object = {}): Promise<TaskView> {
    const input = { name, image: this.image, command: ["sh", "-c"], args: [script], stopGraceSeconds: 1, ...more };
    return this.master.json("POST", "/api/v1/tasks", input);
  }

  async run(name: string, script: string, more: object = {}): Promise<TaskView> {
    return this.reaches(await this.create(name, script, more), "running");
  }

  task({ taskId }: Pick<TaskView, "taskId">): Promise<TaskView> {
    return this.master.json("GET", `/api/v1/tasks/${taskId}`);
  }

  /** The task when it has this status, and no earlier. */
  reaches(task: TaskView, status: TaskStatus, limitMs?: number): Promise<TaskView> {
    let last = "";
    return until(
      `${task.name} to be ${status}`,
      async () => {
        const now = await this.task(task);
        last = `${now.status}: ${now.reason.message}`;
        if (now.status !== status) throw new Error(last);
        return now;
      },
      limitMs,
    );
  }

  inspect(task: TaskView): Promise<Inspected> {
    return this.engine.json(`/containers/podling-${task.taskId}/json`);
  }

  containers(task: Pick<TaskView, "taskId">) {
    return this.engine.containers(`${containerLabels.task}=${task.taskId}`);
  }

  async node(): Promise<Node> {
    return this.master.json("GET", "/api/v1/nodes/n1");
  }

  async logs(task: TaskView, query = "", headers: Record<string, string> = {}): Promise<Response> {
    return this.master.fetch(`/api/v1/tasks/${task.taskId}/logs${query}`, { headers });
  }
}
