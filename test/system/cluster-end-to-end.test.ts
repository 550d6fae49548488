// Two hosts with an engine each: tasks are spread over both, and one host is cut off while both run tasks. kills.test.ts
// does the same under load, and kill -9.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { Node } from "../../src/model/node/node.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Cluster, type MasterProcess, type WorkerProcess } from "../../tools/lab/cluster.ts";
import type { EngineContainer } from "../../tools/lab/engine.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";

const endless = "while :; do sleep 0.2; done";

describeLab("a cluster of two hosts", () => {
  let lab: Lab;
  let hosts: LabHost[];
  let master: MasterProcess;
  let workers: WorkerProcess[];
  let image: string;

  beforeAll(async () => {
    lab = await Lab.start();
    hosts = [await lab.host("n1"), await lab.host("n2")];
    image = await hosts[0]!.engine.image();
    await hosts[1]!.engine.image();
    const cluster = Cluster.in(lab);
    master = await cluster.master({ address: lab.address, strategy: "spread" }).start();
    workers = hosts.map((on) => cluster.worker({ master, engine: on.engine, on, capacity: 50 }));
    await Promise.all(workers.map((worker) => worker.start()));
    await until("both nodes", async () => (await nodes()).filter(({ engine }) => engine !== null).length === 2);
  });
  afterAll(() => lab?.down());

  const nodes = () => master.json<Node[]>("GET", "/api/v1/nodes");
  const task = (taskId: string) => master.json<TaskView>("GET", `/api/v1/tasks/${taskId}`);
  const create = (name: string, script: string, more: object = {}, query = "") =>
    master.json<TaskView>("POST", `/api/v1/tasks${query}`, {
      ...{ name, image, command: ["sh", "-c"], args: [script], stopGraceSeconds: 1, ...more },
    });
  const run = (name: string, script: string, more: object = {}) =>
    create(name, script, more, "?wait=running&timeout=30s").then((created) => {
      expect(created.status).toBe("running");
      return created;
    });

  /** All containers of tasks, on both hosts, by task. */
  async function containersByTask(): Promise<Map<string, (EngineContainer & { host: string })[]>> {
    const found = new Map<string, (EngineContainer & { host: string })[]>();
    for (const { name, engine } of hosts) {
      for (const container of await engine.containers(containerLabels.task)) {
        const taskId = container.Labels[containerLabels.task]!;
        found.set(taskId, [...(found.get(taskId) ?? []), { ...container, host: name }]);
      }
    }
    return found;
  }

  async function stopAll(tasks: TaskView[]): Promise<void> {
    await Promise.all(
      tasks.map(async ({ taskId }) => {
        await master.json("POST", `/api/v1/tasks/${taskId}/stop?wait=finished&timeout=30s`);
      }),
    );
  }

  test("spreads tasks over both, and reads the logs of either", async () => {
    const tasks = await Promise.all(
      Array.from({ length: 10 }, (_, i) => run(`spread-${i}`, `echo I am ${i}; ${endless}`)),
    );
    expect((await nodes()).map(({ runningTasks }) => runningTasks)).toEqual([5, 5]);
    const found = await containersByTask();
    const byHost = tasks.map(({ taskId }) =>
      found
        .get(taskId)!
        .map(({ host }) => host)
        .join(),
    );
    expect(byHost.filter((host) => host === "n1")).toHaveLength(5);
    expect(byHost.filter((host) => host === "n2")).toHaveLength(5);
    for (const [i, { taskId }] of tasks.entries()) {
      const text = await until("its line", async () => (await master.fetch(`/api/v1/tasks/${taskId}/logs`)).text());
      expect(text).toBe(`I am ${i}\n`);
    }
    await stopAll(tasks);
  }, 60_000);

  test("a host that is cut off is lost and its task replaced on the other; reconnected, it stops the replaced task", async () => {
    const on2 = { constraints: ["node==n2"] };
    const always = await run("moves", endless, { restartPolicy: "always", stopGraceSeconds: 1 });
    const spare = await run("moves-too", endless, { restartPolicy: "always", stopGraceSeconds: 1 });
    const cutOff = [always, spare].find(({ nodeId }) => nodeId !== null && nodeId === idOf("n2"))!;
    const never = await run("stays-lost", endless, on2);
    await hosts[1]!.cut();
    const lost = await until("the task to be lost", async () => {
      const now = await task(cutOff.taskId);
      return now.status === "failed" ? now : null;
    });
    expect(lost.reason.code).toBe("node-lost");
    expect((await nodes()).map(({ hostname, status }) => [hostname, status])).toEqual([
      ["n1", "online"],
      ["n2", "offline"],
    ]);
    const next = await until("its replacement to run", async () => {
      const now = await task(lost.replacedBy!);
      return now.status === "running" ? now : null;
    });
    expect(next).toMatchObject({ name: cutOff.name, replaces: cutOff.taskId, nodeId: idOf("n1") });
    expect(await task(never.taskId)).toMatchObject({
      status: "failed",
      replacedBy: null,
      reason: { code: "node-lost" },
    });
    // The host that is cut off keeps running its tasks: it cannot know of the replacement.
    const states = async (id: string) =>
      (await containersByTask()).get(id)?.map(({ State, host }) => `${host} ${State}`);
    expect(await states(cutOff.taskId)).toEqual(["n2 running"]);
    const logs = await master.fetch(`/api/v1/tasks/${never.taskId}/logs`);
    expect(logs.status).toBe(503);
    await hosts[1]!.reconnect();
    await until("n2 to be back", async () => (await nodes()).every(({ status }) => status === "online"), 30_000);
    await until(
      "n2 to stop the replaced task",
      async () => {
        const now = [await states(cutOff.taskId), await states(never.taskId)].flat();
        return now.every((state) => !state?.endsWith("running"));
      },
      30_000,
    );
    expect(await states(next.taskId)).toEqual(["n1 running"]);
    expect((await task(cutOff.taskId)).status).toBe("failed");
    await stopAll([next, ...[always, spare].filter(({ taskId }) => taskId !== cutOff.taskId)]);
  }, 120_000);

  const known = new Map<string, string>();
  function idOf(hostname: string): string | undefined {
    return known.get(hostname);
  }
  beforeAll(async () => {
    for (const { hostname, nodeId } of await nodes()) known.set(hostname, nodeId);
  });
});
