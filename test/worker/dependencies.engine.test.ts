// A service that depends on another one, with real containers: it is started when the other one is healthy, at first, and after a
// restart of the engine or of the whole node.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

/** From the start of its program to the moment at which it is healthy. */
const warmUpMs = 2_000;
const endless = "while :; do sleep 0.1; done";
const warmsUp = `rm -f /tmp/ready; sleep ${warmUpMs / 1000}; touch /tmp/ready; ${endless}`;

describeLab("services that depend on one another", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 60_000);
  afterAll(() => world?.down());

  const put = (name: string, script: string, more: object = {}) =>
    world.master.json<ServiceView>("PUT", `/api/v1/services/${name}`, {
      ...{ name, image: world.image, command: ["sh", "-c"], args: [script], stopGraceSeconds: 1 },
      ...more,
    });
  async function task(name: string): Promise<TaskView> {
    const tasks = await world.master.json<TaskView[]>("GET", `/api/v1/services/${name}/tasks`);
    return tasks.at(-1)!;
  }
  async function startedAt(name: string): Promise<number> {
    const inspected = await world.engine.json<{ State: { StartedAt: string } }>(
      `/containers/podling-${(await task(name)).taskId}/json`,
    );
    return Date.parse(inspected.State.StartedAt);
  }
  const isReady = async (name: string) => {
    const { status, ready } = await task(name);
    return status === "running" && ready === true;
  };
  const allReady = () =>
    until("all to be ready", async () => (await Promise.all(["db", "api", "web"].map(isReady))).every(Boolean), 50_000);

  /** Each was started after the one that it depends on was healthy, and in this run of that. */
  async function expectOrder(): Promise<void> {
    const [db, api, web] = [await startedAt("db"), await startedAt("api"), await startedAt("web")];
    expect(api - db).toBeGreaterThanOrEqual(warmUpMs);
    expect(web).toBeGreaterThan(api);
  }

  test("the first start is in order, whichever is created first", async () => {
    await put("web", endless, { dependsOn: [{ name: "api", condition: "started" }] });
    await put("api", endless, { dependsOn: [{ name: "db", condition: "healthy" }] });
    expect((await task("api")).reason).toEqual({
      code: "waiting-for-dependency",
      message: "waits for db: there is no service or job of this name",
    });
    await put("db", warmsUp, { readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodMs: 1000 } });
    await allReady();
    await expectOrder();
  }, 60_000);

  test("after the engine was killed and started again: the same containers, in the same order", async () => {
    const before = await Promise.all(["db", "api", "web"].map(task));
    await world.engine.kill();
    await until("the node to report it", async () => (await world.node()).engineError);
    await world.engine.start();
    const said = await until(
      "a task to say that it waits",
      async () => {
        const { reason } = await task("api");
        return reason.code === "waiting-for-dependency" ? reason.message : null;
      },
      30_000,
    );
    expect(said).toMatch(/^waits (for db: |until the master knows)/);
    await allReady();
    await expectOrder();
    expect((await Promise.all(["db", "api", "web"].map(task))).map(({ taskId }) => taskId)).toEqual(
      before.map(({ taskId }) => taskId),
    );
  }, 90_000);

  test("after the node was started again, with its engine and its worker", async () => {
    const runs = await startedAt("web");
    await world.worker.kill();
    await world.engine.kill();
    await world.engine.start();
    await world.worker.start();
    await until("web to be started again", async () => (await startedAt("web")) > runs, 50_000);
    await allReady();
    await expectOrder();
  }, 90_000);

  test("a replica that crashes waits for what it depends on; what runs is not stopped", async () => {
    const { taskId } = await task("db");
    const containers = await world.containers(await task("api"));
    await world.engine.json(`/containers/podling-${taskId}/kill`, "POST").catch(() => {});
    await until("db to be started again", async () => ((await task("db")).restarts ?? 0) > 0 && !(await isReady("db")));
    expect((await world.containers(await task("api")))[0]!.State).toBe("running");
    expect(containers).toHaveLength(1);
    await world.engine.json(`/containers/podling-${(await task("api")).taskId}/kill`, "POST").catch(() => {});
    await until(
      "all to be as they were",
      async () => {
        const { restarts } = await task("api");
        return (restarts ?? 0) > 0 && (await isReady("api"));
      },
      30_000,
    );
    expect(await startedAt("api")).toBeGreaterThanOrEqual((await startedAt("db")) + warmUpMs);
  }, 60_000);
});
