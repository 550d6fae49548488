// Priorities on a real engine: a task with a high one gets the place of running containers with lower ones, when they have
// ended, and what takes the place of these waits until there is capacity again.

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { podling } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const patienceMs = 30_000;
/** Of the node. */
const cores = 2;
const endless = "while :; do sleep 0.2; done";

const wants = (request: number, priority: number) => ({ priority, resources: { cpu: { request } } });

describeLab("priority on a real engine", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ args: ["--cpus", String(cores)] });
  }, 30_000);
  afterAll(() => world?.down());

  const tasks = () => world.master.json<TaskView[]>("GET", "/api/v1/tasks");
  const remove = ({ taskId }: TaskView) => world.master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`);
  const runOf = async (task: TaskView): Promise<{ Running: boolean; StartedAt: string; FinishedAt: string }> =>
    (await world.engine.json<{ State: never }>(`/containers/podling-${task.taskId}/json`)).State;

  afterEach(async () => {
    await Promise.all((await tasks()).map(remove));
    await until("the containers to go", async () => (await world.engine.containers()).length === 0, patienceMs);
  });

  test("a full node: the low priority leaves, the high one runs after it, and what replaces the low one waits", async () => {
    const low = await world.run("low", endless, { ...wants(cores, -10), restartPolicy: "always" });
    const high = await world.create("high", endless, wants(1, 100));
    expect(high).toMatchObject({ status: "pending", reason: { code: "preempting" } });
    expect(high.reason.message).toBe(
      "no node has capacity; stops low (priority -10) on n1, and waits until it has left",
    );
    await world.reaches(high, "running", patienceMs);

    const left = await world.reaches(low, "stopped", patienceMs);
    expect(left.reason.message).toStartWith("preempted by high (priority 100); stopped as asked, with exit code ");
    expect(left.requests?.preempted).toEqual({ by: high.taskId, name: "high", priority: 100 });
    const [lowRun, highRun] = [await runOf(low), await runOf(high)];
    expect([lowRun.Running, highRun.Running]).toEqual([false, true]);
    expect(Date.parse(highRun.StartedAt)).toBeGreaterThanOrEqual(Date.parse(lowRun.FinishedAt));

    const next = await world.task({ taskId: left.replacedBy! });
    expect(next).toMatchObject({ name: "low", status: "pending", reason: { code: "no-node-fits" } });
    expect(await world.containers(next)).toEqual([]);
    const { stdout } = await podling(["explain", "low"], { master: world.master });
    expect(stdout).toContain("0 of 1 node fits: 1 lacks cpu (needs 2, it has 1 free)");

    await remove(high);
    await world.reaches(next, "running", patienceMs);
    expect((await runOf(next)).Running).toBe(true);
  }, 90_000);

  test("a task whose policy does not keep it alive stays stopped, and one of the same priority stops no one", async () => {
    const once = await world.run("once", endless, { ...wants(cores, 0), restartPolicy: "never" });
    const equal = await world.create("equal", endless, wants(1, 0));
    expect(equal).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    const high = await world.create("high", endless, wants(cores, 1));
    await world.reaches(high, "running", patienceMs);
    expect(await world.reaches(once, "stopped")).toMatchObject({ replacedBy: null });
    expect((await world.task(equal)).status).toBe("pending");
    await remove(high);
    await world.reaches(equal, "running", patienceMs);
    expect((await world.task(once)).status).toBe("stopped");
  }, 90_000);

  test("one replica of a service is drained for it, the others go on, and its slot is filled when there is capacity", async () => {
    const service = () => world.master.json<ServiceView>("GET", "/api/v1/services/web");
    await world.master.json("PUT", "/api/v1/services/web", {
      ...{
        name: "web",
        image: world.image,
        command: ["httpd", "-f", "-p", "80"],
        replicas: cores,
        stopGraceSeconds: 1,
      },
      ...{ ...wants(1, -1), rollout: { minReadyMs: 0, monitorMs: 0, drainMs: 500 } },
    });
    await until("the replicas", async () => (await service()).replicas.serving === cores, patienceMs);
    const before = await tasks();
    const high = await world.create("high", endless, wants(1, 0));
    const draining = (await tasks()).filter(({ requests }) => requests?.preempted);
    expect(draining.map(({ desired }) => desired)).toEqual(["draining"]);
    expect(draining[0]!.reason.message).toStartWith("preempted by high (priority 0): ");
    await world.reaches(high, "running", patienceMs);

    const stays = before.find(({ taskId }) => taskId !== draining[0]!.taskId)!;
    expect(await world.task(stays)).toMatchObject({ status: "running", desired: "running" });
    const waiting = await until("the one that takes the slot", async () =>
      (await tasks()).find(({ status }) => status === "pending"),
    );
    expect(waiting).toMatchObject({ name: draining[0]!.name, reason: { code: "no-node-fits" } });
    expect((await service()).replicas).toMatchObject({ wanted: cores, serving: cores - 1 });
    await remove(high);
    await until("all replicas", async () => (await service()).replicas.serving === cores, patienceMs);
    await world.master.json("DELETE", "/api/v1/services/web");
  }, 90_000);
});
