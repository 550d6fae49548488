// What a rollout that goes wrong does to those who use the service: nothing. On two hosts with an engine each, a client balances
// over the endpoints while revisions come that cannot start, end again and again, are never ready, have no capacity or cannot
// be pulled, and while a host is cut off in the middle of a good one.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { TaskId } from "../../src/model/ids.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Balancer } from "../../tools/lab/balancer.ts";
import type { Registry } from "../../tools/lab/registry.ts";
import { until } from "../../tools/lab/until.ts";
import { TwoHosts } from "./two-hosts.ts";
import { webService } from "./web-apps.ts";

const name = "web";
const replicas = 2;
const deadlineMs = 8_000;
/** A rollout ends by its deadline; the rest is for a busy machine. */
const patienceMs = 60_000;
const asked = 200;

describeLab("a rollout that goes wrong", () => {
  let world: TwoHosts;
  let registry: Registry;
  let balancer: Balancer;
  let load: { end(): Promise<void> };
  let old: TaskId[];

  const service = () => world.master.json<ServiceView>("GET", `/api/v1/services/${name}`);
  const put = (more: object) => {
    const rollout = { minReadyMs: 500, monitorMs: 2_000, deadlineMs };
    const body = webService(name, world.image, "handles", "one", { replicas, rollout, ...more });
    return world.master.json<ServiceView>("PUT", `/api/v1/services/${name}`, body);
  };
  const serving = async (): Promise<TaskView[]> => {
    const tasks = await world.master.json<TaskView[]>("GET", "/api/v1/tasks?status=running");
    return tasks.filter((task) => task.ready && task.desired === "running");
  };
  const ended = (what: string) =>
    until(what, async () => (await service()).rollout === null && (await service()).replicas.going === 0, patienceMs);

  beforeAll(async () => {
    world = await TwoHosts.start();
    registry = await world.lab.registry();
    await put({});
    await ended("the first revision");
    old = (await serving()).map(({ taskId }) => taskId).sort();
    expect(old).toHaveLength(replicas);
    balancer = new Balancer(world.master, name);
    load = balancer.start(2, 5);
    await until("the first answers", () => balancer.answered > 0);
  }, 120_000);
  afterAll(async () => {
    await load?.end();
    await world?.down();
  });

  test.each([
    ["an image that does not exist", () => ({ image: `${registry.address}/web:none` }), "manifest"],
    ["a program that does not exist", () => ({ command: ["/no/such/program"] }), "no/such/program"],
    ["a program that ends again and again", () => ({ args: ["sleep 0.2; exit 7"], restartPolicy: "always" }), "exit"],
    ["a program that never listens", () => ({ args: ["sleep 600"], restartPolicy: "always" }), "refused"],
    ["no capacity for it", () => ({ resources: { memory: { request: 2 ** 44 } } }), "memory"],
    [
      "a registry that is away",
      async () => {
        const image = await registry.push(world.places[0].host.engine, world.image, "web:two");
        await registry.stop();
        return { image };
      },
      "connection refused",
    ],
  ])(
    "%s: the old revision goes on, and the service is back at it by the deadline",
    async (what, change, why) => {
      const before = await service();
      const answered = balancer.answered;
      const begun = await put({ env: { VERSION: what }, ...(await change()) });
      expect(begun.target).toBe(before.newest + 1);
      await ended(`the end of the rollout with ${what}`);
      const after = await service();
      expect(after).toMatchObject({ target: before.target, stable: before.stable, reason: { code: "rolled-back" } });
      expect(after.reason.message).toContain(why);
      expect((await serving()).map(({ taskId }) => taskId).sort()).toEqual(old);
      await until("more answers", () => balancer.answered >= answered + asked, patienceMs);
      expect({ failures: balancer.failures, without: balancer.without }).toEqual({ failures: [], without: 0 });
      expect([...balancer.answers.keys()]).toEqual(["one"]);
    },
    120_000,
  );

  test("a host is cut off in the middle of a rollout: the floor holds again, and the rollout ends", async () => {
    const [, n2] = world.places;
    await put({ env: { VERSION: "two" }, rollout: { minReadyMs: 500, monitorMs: 2_000 } });
    await n2.host.cut();
    try {
      await until("the loss", async () => (await world.nodes()).some(({ status }) => status === "offline"), patienceMs);
      const n1 = (await world.nodes()).find(({ hostname }) => hostname === "n1")!;
      const onN1 = async () => (await serving()).filter(({ nodeId }) => nodeId === n1.nodeId);
      await until("the floor", async () => (await onN1()).length >= replicas, patienceMs);
      await ended("the end of the rollout");
      const { target, stable, newest, reason } = await service();
      expect({ target, stable, reason: reason.code }).toEqual({ target: newest, stable: newest, reason: "steady" });
      expect((await onN1()).map(({ owner }) => owner?.revision)).toEqual([newest, newest]);
    } finally {
      await n2.host.reconnect();
    }
    await world.whole();
  }, 180_000);
});
