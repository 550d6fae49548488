// Two machines that look like one, with real processes and an engine each: one host name and port, and a copied data folder.
// Each is a node of its own, no task runs on both, and a worker that is killed and started again is the same node.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { Node } from "../../src/model/node/node.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Cluster, type MasterProcess, podling, type WorkerProcess } from "../../tools/lab/cluster.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { until } from "../../tools/lab/until.ts";

const hostname = "raspberrypi";
const port = 8081;

describeLab("two machines that look like one", () => {
  let lab: Lab;
  let cluster: Cluster;
  let master: MasterProcess;
  let hosts: [LabHost, LabHost];
  let first: WorkerProcess;
  let image: string;

  beforeAll(async () => {
    lab = await Lab.start();
    hosts = [await lab.host("n1"), await lab.host("n2")];
    image = await hosts[0].engine.image();
    await hosts[1].engine.image();
    cluster = Cluster.in(lab);
    master = await cluster.master({ address: lab.address }).start();
    first = await worker(0).start();
    await until("the first node", async () => (await nodes()).length === 1);
  }, 120_000);
  afterAll(() => lab?.down());

  const worker = (at: 0 | 1, more: { dataDir?: string } = {}) =>
    cluster.worker({ master, engine: hosts[at].engine, on: hosts[at], hostname, port, ...more });
  const nodes = () => master.json<Node[]>("GET", "/api/v1/nodes");
  const identity = (of: WorkerProcess) =>
    (JSON.parse(readFileSync(join(of.dataDir, "identity.json"), "utf8")) as { nodeId: string }).nodeId;

  const hasIdentity = (of: WorkerProcess) => existsSync(join(of.dataDir, "identity.json"));

  /** Containers of the task on each engine, with their ids. */
  const containers = ({ taskId }: TaskView) =>
    Promise.all(
      hosts.map(async ({ engine }) => {
        const all = await engine.containers(containerLabels.task);
        return all.filter(({ Labels }) => Labels[containerLabels.task] === taskId).map(({ Id }) => Id);
      }),
    );

  const run = (name: string) =>
    master.json<TaskView>("POST", "/api/v1/tasks?wait=running&timeout=60s", {
      ...{ name, image, args: ["sleep", "1000"], restartPolicy: "always", constraints: [`node==${hostname}`] },
    });

  test("with one name and port: the second is a node of its own, and a task runs on one of them", async () => {
    const second = await worker(1).start();
    const two = await until("two nodes", async () => {
      const found = await nodes();
      return found.length === 2 ? found : null;
    });
    expect(two.map(({ hostname, status, address }) => [hostname, status, address])).toEqual([
      [hostname, "online", hosts[0].address],
      [`${hostname}-2`, "online", hosts[1].address],
    ]);
    // A worker stores its id when it has the master's answer.
    await until("both ids", () => hasIdentity(second) && identity(second) === two[1]!.nodeId);
    expect(identity(first)).toBe(two[0]!.nodeId);
    const shown = await podling(["nodes"], { master });
    expect(shown.stderr).toContain(`${hostname}-2 (${hosts[1].address}) asked for the name ${hostname}`);
    expect(master.output()).toContain("a second worker claimed the identity of a node whose worker runs");

    const task = await run("once");
    expect(task.status).toBe("running");
    expect((await containers(task)).map(({ length }) => length)).toEqual([1, 0]);

    // kill -9 and a start: the same two nodes, and the container goes on.
    const before = await containers(task);
    for (const one of [first, second]) {
      await one.kill();
      await one.start();
    }
    await until("both nodes", async () =>
      (await nodes()).every(({ suspect, status }) => !suspect && status === "online"),
    );
    expect((await nodes()).map(({ nodeId }) => nodeId)).toEqual(two.map(({ nodeId }) => nodeId));
    expect(await containers(task)).toEqual(before);
    await second.kill();
  }, 120_000);

  test("with a copied data folder: the copy gets an identity of its own, and keeps it", async () => {
    const task = await run("not-copied");
    const before = await containers(task);
    const count = (await nodes()).length;
    const dataDir = join(first.dataDir, "..", "copied");
    cpSync(first.dataDir, dataDir, { recursive: true });
    const copy = worker(1, { dataDir });
    await copy.start();
    await until("another node", async () => (await nodes()).length === count + 1);
    await until("an id of its own", () => identity(copy) !== identity(first));
    const nodeId = identity(copy);
    await until("its log", () => copy.output().includes("another worker runs as the node of this data folder"));
    await copy.kill();
    await copy.start();
    await until("it to be back", async () => {
      const found = (await nodes()).find((node) => node.nodeId === nodeId);
      return found?.status === "online" && found.suspect === null;
    });
    expect(identity(copy)).toBe(nodeId);
    expect(await nodes()).toHaveLength(count + 1);
    expect(await containers(task)).toEqual(before);
    expect(before[1]).toEqual([]);
    await copy.kill();
  }, 120_000);
});
