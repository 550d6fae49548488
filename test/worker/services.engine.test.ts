// Services on a real engine: a rollout and a rollout that fails, while requests go to the replicas all the time.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const drainMs = 1000;

describeLab("services on a real engine", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 30_000);
  afterAll(() => world?.down());

  const service = () => world.master.json<ServiceView>("GET", "/api/v1/services/web");
  const replicas = () => world.master.json<TaskView[]>("GET", "/api/v1/services/web/tasks");
  const serving = async () =>
    (await replicas()).filter(({ desired, status }) => desired === "running" && status === "running");
  const put = (more: object) =>
    world.master.json<ServiceView>("PUT", "/api/v1/services/web", {
      ...{ name: "web", image: world.image, replicas: 3, stopGraceSeconds: 1, ports: [{ containerPort: 80 }] },
      ...{
        command: ["sh", "-c"],
        args: ['mkdir -p /www; echo "$VERSION" > /www/index.html; exec httpd -f -p 80 -h /www'],
      },
      ...{ env: { VERSION: "one" }, rollout: { minReadyMs: 1000, monitorMs: 1000, drainMs } },
      ...more,
    });

  const ask = async (task: TaskView): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${task.publishedPorts[0]!.hostPort}/`, {
      headers: { connection: "close" },
    });
    return (await answer.text()).trim();
  };

  /** Asks each replica that serves, again and again, until `done`. Gives the answers and the failures. */
  async function load(done: () => boolean): Promise<{ answers: string[]; failures: string[]; fewest: number }> {
    const answers: string[] = [];
    const failures: string[] = [];
    let fewest = Number.POSITIVE_INFINITY;
    while (!done()) {
      // The list is as old as its request: the answer may be late on a busy machine.
      const listedAt = performance.now();
      const targets = await serving();
      fewest = Math.min(fewest, targets.length);
      for (const target of targets) {
        await ask(target).then(
          (answer) => answers.push(answer),
          async (error) => {
            const late = Math.round(performance.now() - listedAt);
            // Later, a replica of this list may have been drained and stopped: it takes a machine that stood still.
            if (late >= drainMs) return;
            const { desired, status, reason } = await world.task(target);
            failures.push(
              `${target.name} of revision ${target.owner?.revision}, ${late} ms after the list, now ${status}, ` +
                `to be ${desired} (${reason.message}): ${error}`,
            );
          },
        );
      }
      await Bun.sleep(20);
    }
    return { answers, failures, fewest };
  }

  async function underLoad(reaches: (service: ServiceView) => boolean) {
    let isDone = false;
    const loaded = load(() => isDone);
    try {
      await until("the rollout to end", async () => reaches(await service()), 30_000);
    } finally {
      isDone = true;
    }
    return loaded;
  }

  test("three replicas serve on ports of their own", async () => {
    await put({});
    await until("the replicas", async () => (await service()).stable === 1, 30_000);
    const tasks = await serving();
    expect(new Set(tasks.map(({ publishedPorts }) => publishedPorts[0]!.hostPort)).size).toBe(3);
    expect(await Promise.all(tasks.map(ask))).toEqual(["one", "one", "one"]);
  }, 90_000);

  test("a rollout of another variable: no request fails", async () => {
    await put({ env: { VERSION: "two" } });
    const { answers, failures, fewest } = await underLoad(({ stable }) => stable === 2);
    expect(failures).toEqual([]);
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect(new Set(answers)).toEqual(new Set(["one", "two"]));
    expect(await Promise.all((await serving()).map(ask))).toEqual(["two", "two", "two"]);
  }, 90_000);

  test("an image that does not exist: the old replicas serve on, and the service says that it went back", async () => {
    const before = (await serving()).map(({ taskId }) => taskId);
    await put({ env: { VERSION: "two" }, image: "podling-test:nowhere", pullPolicy: "never" });
    const { answers, failures, fewest } = await underLoad(({ rollout, target }) => rollout === null && target === 2);
    expect(failures).toEqual([]);
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect(new Set(answers)).toEqual(new Set(["two"]));
    expect((await serving()).map(({ taskId }) => taskId)).toEqual(before);
    expect(await service()).toMatchObject({ target: 2, stable: 2, newest: 3, reason: { code: "rolled-back" } });
    expect((await service()).reason.message).toContain("podling-test:nowhere");
  }, 90_000);

  test("a replica whose container is killed is there again", async () => {
    const [first] = await serving();
    await world.engine.json(`/containers/podling-${first!.taskId}/kill`, "POST").catch(() => {});
    await until(
      "it to serve again",
      async () => {
        const tasks = await serving();
        if (tasks.length < 3 || (await world.task(first!)).restarts === 0) return false;
        return (await Promise.all(tasks.map(ask))).length === 3;
      },
      30_000,
    );
  }, 90_000);

  test("when it is removed, no container runs", async () => {
    const { serviceId } = await service();
    await world.master.fetch(`/api/v1/services/${serviceId}`, { method: "DELETE" });
    await until(
      "the containers to go",
      async () => (await world.engine.containers()).every(({ State }) => State !== "running"),
      30_000,
    );
  }, 90_000);
});
