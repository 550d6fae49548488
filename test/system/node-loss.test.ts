// Which nodes are declared lost, with real processes and a real engine: a master and workers that are suspended (SIGSTOP) and
// continue, and a worker that is killed with -9 and comes back within its grace, or not at all.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { limits } from "../../src/model/limits.ts";
import type { Node } from "../../src/model/node/node.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Cluster, type MasterProcess, type WorkerProcess } from "../../tools/lab/cluster.ts";
import type { Engine } from "../../tools/lab/engine.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";

const endless = "while :; do sleep 0.2; done";

describeLab("liveness of real processes", () => {
  let lab: Lab;
  let engine: Engine;
  let master: MasterProcess;
  let workers: WorkerProcess[];
  let image: string;
  let tasks: TaskView[];

  beforeAll(async () => {
    lab = await Lab.start();
    engine = await lab.engine();
    image = await engine.image();
    const cluster = Cluster.in(lab);
    master = await cluster.master({ strategy: "spread" }).start();
    workers = ["n1", "n2", "n3"].map((hostname) => cluster.worker({ master, engine, hostname, capacity: 10 }));
    await Promise.all(workers.map((worker) => worker.start()));
    await until("all nodes", async () => (await nodes()).filter((node) => node.engine !== null).length === 3);
    tasks = await Promise.all(["a", "b", "c"].map((name) => run(name)));
    expect(new Set(tasks.map(({ nodeId }) => nodeId)).size).toBe(3);
  });
  afterAll(() => lab?.down());

  const nodes = () => master.json<Node[]>("GET", "/api/v1/nodes");
  const task = ({ taskId }: TaskView) => master.json<TaskView>("GET", `/api/v1/tasks/${taskId}`);

  async function run(name: string): Promise<TaskView> {
    const body = { name, image, command: ["sh", "-c"], args: [endless], stopGraceSeconds: 1, restartPolicy: "always" };
    const made = await master.json<TaskView>("POST", "/api/v1/tasks?wait=running&timeout=60s", body);
    expect(made.status).toBe("running");
    return made;
  }

  const joins = (worker: WorkerProcess) => worker.output().split(" joined ").length;

  /** The tasks as they are now, all running, on any node. */
  async function baseline(): Promise<void> {
    tasks = await until(
      "all tasks to run",
      async () => {
        const running = await master.json<TaskView[]>("GET", "/api/v1/tasks?status=running");
        const containers = await engine.containers(containerLabels.task);
        const alive = containers.filter(({ State }) => State === "running");
        return running.length === tasks.length && alive.length === tasks.length ? running : null;
      },
      60_000,
    );
  }

  /** Starts a task on that node without a constraint, so that it may be replaced anywhere. */
  async function runOn(hostname: string, name: string): Promise<TaskView> {
    const others = ["n1", "n2", "n3"].filter((other) => other !== hostname);
    for (const other of others) await master.json("POST", `/api/v1/nodes/${other}/cordon`);
    const made = await run(name);
    for (const other of others) await master.json("POST", `/api/v1/nodes/${other}/uncordon`);
    return made;
  }

  async function lost(): Promise<number> {
    const text = await (await master.fetch("/metrics")).text();
    return [...text.matchAll(/^podling_nodes_lost_total\{.+\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  }

  /** Checks that no task was lost, restarted or replaced: the same containers, and no others. */
  async function untouched(): Promise<void> {
    for (const before of tasks) {
      const { status, restarts, replacedBy, containerId, startedAt } = before;
      expect(await task(before)).toMatchObject({ status, restarts, replacedBy, containerId, startedAt });
    }
    const containers = (await engine.containers(containerLabels.task)).filter(({ State }) => State === "running");
    expect(containers.map(({ Id }) => Id).sort()).toEqual(tasks.map(({ containerId }) => containerId!).sort());
  }

  const calm = () =>
    until("all nodes to be online and not suspect", async () =>
      (await nodes()).every(({ status, suspect }) => status === "online" && suspect === null),
    );

  test("a master that is suspended for 8 s declares no node lost when it continues", async () => {
    master.process.signal("SIGSTOP");
    await Bun.sleep(8_000);
    master.process.signal("SIGCONT");
    // Longer than any lease or grace that could have begun when it continued.
    await Bun.sleep(6_000);
    await calm();
    expect(await lost()).toBe(0);
    expect(master.output()).toContain("the master was stopped for a while");
    await untouched();
  }, 60_000);

  test("a worker that is suspended for 2 s, several times, is not lost", async () => {
    const { process } = workers[0]!;
    for (let i = 0; i < 5; i++) {
      process.signal("SIGSTOP");
      await Bun.sleep(2_000);
      process.signal("SIGCONT");
      // At any phase of its heartbeat.
      await Bun.sleep(1_300 + i * 250);
    }
    expect(await lost()).toBe(0);
    await untouched();
  }, 60_000);

  test("a worker that is killed with -9 and restarts within its grace keeps its tasks", async () => {
    // On a busy machine the start alone may take longer than the grace. Such a try shows nothing and is repeated.
    for (let tries = 1; ; tries++) {
      tasks.push(await runOn("n2", `stays-${tries}`));
      const from = performance.now();
      const joinedBefore = joins(workers[1]!);
      await workers[1]!.kill();
      workers[1]!.launch();
      await until("the worker to join", () => joins(workers[1]!) > joinedBefore, 30_000);
      const awayMs = performance.now() - from;
      await calm();
      if (awayMs > limits.suspectGraceMs) {
        if (tries === 5)
          throw new Error(`the machine is too busy for this test: the worker's restart took ${Math.round(awayMs)} ms`);
        await baseline();
        continue;
      }
      process.stderr.write(`kill -9 of a worker: back after ${(awayMs / 1000).toFixed(2)} s\n`);
      expect(master.output()).toContain("a node's connection broke");
      await untouched();
      return;
    }
  }, 180_000);

  test("a worker that is killed with -9 and stays away is soon lost, and its task runs elsewhere", async () => {
    const before = await lost();
    const gone = await runOn("n3", "goes-elsewhere");
    const from = performance.now();
    await workers[2]!.kill();
    const failed = await until("the loss", async () => {
      const now = await task(gone);
      return now.status === "failed" ? now : null;
    });
    const lostAfterMs = performance.now() - from;
    expect(failed.reason.code).toBe("node-lost");
    expect(failed.reason.message).toContain("n3");
    await until(
      "its replacement to run",
      async () => {
        const now = await master.json<TaskView>("GET", `/api/v1/tasks/${failed.replacedBy}`);
        if (now.status !== "running") throw new Error(`it is ${now.status}: ${now.reason.message}`);
        return now;
      },
      60_000,
    );
    const runningAfterMs = performance.now() - from;
    process.stderr.write(
      `kill -9 of a worker: lost after ${(lostAfterMs / 1000).toFixed(2)} s, its task runs elsewhere after ${(runningAfterMs / 1000).toFixed(2)} s\n`,
    );
    expect((await nodes())[2]).toMatchObject({ hostname: "n3", status: "offline" });
    expect(await lost()).toBe(before + 1);
  }, 120_000);
});
