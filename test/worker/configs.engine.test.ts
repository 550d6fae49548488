// Configs on a real engine: files with their modes, variables, a rollout of a new version, one that fails, and a signal.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

describeLab("configs on a real engine", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 30_000);
  afterAll(() => world?.down());

  const create = (name: string, data: string) => world.master.json("POST", "/api/v1/configs", { name, data });
  const update = (name: string, data: string) => world.master.json("PUT", `/api/v1/configs/${name}`, { data });
  const remove = (task: TaskView) =>
    world.master.fetch(`/api/v1/tasks/${task.taskId}?force=true`, { method: "DELETE" });
  const output = async (task: TaskView) => (await world.logs(task)).text();
  const service = (name: string) => world.master.json<ServiceView>("GET", `/api/v1/services/${name}`);
  const steady = (name: string, target: number) =>
    until(`${name} to serve revision ${target}`, async () => {
      const now = await service(name);
      if (now.rollout !== null || now.target !== target) throw new Error(`${now.target} ${now.reason.message}`);
      return now;
    });
  const folder = (task: TaskView) => join(world.worker.dataDir, "configs", task.taskId);

  test("a container reads its files and variables, and cannot write them", async () => {
    await create("app.conf", "first line\nsecond line\n");
    const script =
      'cat /etc/app/app.conf; stat -c "%a %u %g" /etc/app/app.conf; echo "MODE=$MODE"; stat -c "%a %u" /app.conf; ' +
      "echo x 2>/dev/null >> /etc/app/app.conf || echo refused";
    const configs = [
      { name: "app.conf", target: "/etc/app/app.conf", mode: 0o640, uid: 1000, gid: 2000 },
      { name: "app.conf", env: "MODE" },
      { name: "app.conf" },
    ];
    const task = await world.reaches(await world.create("reads", script, { configs }), "completed");
    expect(await output(task)).toBe(
      "first line\nsecond line\n640 1000 2000\nMODE=first line\nsecond line\n444 0\nrefused\n",
    );
    await remove(task);
    await until("its files to be removed", async () => !existsSync(folder(task)) || null);
  });

  test("a new version is rolled out, and one with which the program fails goes back by itself", async () => {
    await create("web.conf", "good one\n");
    await world.master.json("POST", "/api/v1/services", {
      ...{ name: "web", image: world.image, replicas: 2, stopGraceSeconds: 0, configs: [{ name: "web.conf" }] },
      ...{ command: ["sh", "-c"], args: ["cat /web.conf; grep -q good /web.conf && exec sleep 1000"] },
      rollout: { minReadyMs: 500, monitorMs: 500, drainMs: 0, parallelism: 2 },
    });
    await steady("web", 1);
    await update("web.conf", "good two\n");
    await steady("web", 2);
    const replicas = await world.master.json<TaskView[]>("GET", "/api/v1/services/web/tasks");
    const serving = replicas.filter(({ desired }) => desired === "running");
    expect(await Promise.all(serving.map(output))).toEqual(["good two\n", "good two\n"]);
    await update("web.conf", "broken\n");
    const back = await steady("web", 2);
    expect(back.reason.code).toBe("rolled-back");
    expect(back.template.containers[0]!.configs).toEqual([{ name: "web.conf", resolved: 2 }]);
  }, 60_000);

  test("a file that follows is rewritten, and the program gets the signal, without a restart", async () => {
    await create("live.conf", "one");
    const script = "trap 'cat /live.conf; echo' USR1; cat /live.conf; echo; while :; do sleep 0.1; done";
    const configs = [{ name: "live.conf", onChange: "signal", signal: "USR1" }];
    const task = await world.run("follows", script, { configs });
    await until("the first version", async () => (await output(task)).includes("one") || null);
    await update("live.conf", "the second one");
    await until("the second version", async () => (await output(task)) === "one\nthe second one\n" || null);
    expect(await world.task(task)).toMatchObject({ status: "running", restarts: 0 });
    expect(readdirSync(folder(task))).toEqual(["main"]);
  });

  test("a service gets a new version by a signal without a restart, and the one before if the program ends", async () => {
    await create("sig.conf", "good one\n");
    const read = "cat /sig.conf; grep -q good /sig.conf || exit 3";
    await world.master.json("POST", "/api/v1/services", {
      ...{ name: "sig", image: world.image, replicas: 2, stopGraceSeconds: 0 },
      configs: [{ name: "sig.conf", onChange: "signal" }],
      ...{ command: ["sh", "-c"], args: [`trap '${read}' HUP; ${read}; while :; do sleep 0.1; done`] },
      rollout: { minReadyMs: 500, monitorMs: 2_000, drainMs: 0 },
    });
    await steady("sig", 1);
    const serving = async () => {
      const all = await world.master.json<TaskView[]>("GET", "/api/v1/services/sig/tasks");
      return all.filter(({ desired, status }) => desired === "running" && status === "running");
    };
    const before = (await serving()).map(({ taskId }) => taskId);
    await update("sig.conf", "good two\n");
    await steady("sig", 2);
    const after = await serving();
    expect(after.map(({ taskId, restarts }) => [taskId, restarts])).toEqual(before.map((taskId) => [taskId, 0]));
    expect(await Promise.all(after.map(output))).toEqual(Array(2).fill("good one\ngood two\n"));
    await update("sig.conf", "broken\n");
    expect((await steady("sig", 2)).reason.code).toBe("rolled-back");
    const last = await Promise.all((await serving()).map(output));
    expect(last.map((text) => text.endsWith("good two\n"))).toEqual([true, true]);
  }, 60_000);

  test("a file that was removed from the node is there again at the next start", async () => {
    await create("again.conf", "text\n");
    const task = await world.run("again", "cat /again.conf; exec sleep 1000", { configs: [{ name: "again.conf" }] });
    await world.worker.stop();
    rmSync(folder(task), { recursive: true });
    await world.worker.start();
    await world.master.fetch(`/api/v1/tasks/${task.taskId}/restart`, { method: "POST" });
    await until("the restart", async () => ((await world.task(task)).restarts === 1 ? true : null));
    expect(await output(task)).toBe("text\ntext\n");
  }, 30_000);
});
