// Tasks of several containers on a real engine: they reach one another on localhost, keep their order, share files, survive
// the end of their sandbox, of their worker and of their engine, and end together.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { type Inspected, World } from "./world.ts";

const endless = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

describeLab("tasks of several containers", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  const shell = (name: string, script: string, more: object = {}) => ({
    ...{ name, image: world.image, command: ["sh", "-c"], args: [script] },
    ...more,
  });

  function create(name: string, containers: object[], more: object = {}): Promise<TaskView> {
    const body = { name, stopGraceSeconds: 1, containers, ...more };
    return world.master.json("POST", "/api/v1/tasks", body);
  }

  const running = async (name: string, containers: object[], more: object = {}) =>
    world.reaches(await create(name, containers, more), "running");

  const inspect = (task: TaskView, container: string): Promise<Inspected & { State: { StartedAt: string } }> =>
    world.engine.json(`/containers/podling-${task.taskId}-${container}/json`);
  const startedAt = async (task: TaskView, ...containers: string[]) =>
    Promise.all(containers.map(async (name) => (await inspect(task, name)).State.StartedAt));
  const logs = async (task: TaskView, container: string) => (await world.logs(task, `?container=${container}`)).text();

  test("reach one another on localhost, and share a folder", async () => {
    const mounts = [{ type: "shared", source: "site", target: "/site" }];
    const task = await running(
      "local",
      [
        shell("app", "until wget -qO- http://localhost:8080/word; do sleep 0.1; done; sleep 3600", {
          dependsOn: ["server"],
        }),
        shell("server", "httpd -f -p 8080 -h /site", { sidecar: true, mounts }),
      ],
      { initContainers: [shell("write", "echo hello > /site/word", { mounts })] },
    );
    await until("the word", async () => (await logs(task, "app")).includes("hello"));
    expect(task.initContainers).toMatchObject([{ name: "write", status: "completed", exitCode: 0 }]);
    await world.master.fetch(`/api/v1/tasks/${task.taskId}?force=true&wait=gone`, { method: "DELETE" });
    await until("the folder to go", async () => {
      const { Volumes } = await world.engine.json<{ Volumes: { Name: string }[] | null }>("/volumes");
      return !(Volumes ?? []).some(({ Name }) => Name.includes(task.taskId));
    });
    expect(await world.containers(task)).toEqual([]);
  });

  test("have one published port, whichever container listens", async () => {
    const task = await running("ports", [
      shell("app", "mkdir /www; echo hi > /www/word; httpd -f -p 8080 -h /www", { ports: [{ containerPort: 8080 }] }),
      shell("other", endless),
    ]);
    const [{ hostPort } = { hostPort: 0 }] = task.publishedPorts;
    await until("an answer", async () => (await fetch(`http://127.0.0.1:${hostPort}/word`)).text());
    expect(task.containers![0]!.publishedPorts).toMatchObject([{ hostPort, containerPort: 8080 }]);
  });

  test("start in their order, and init containers one after the other", async () => {
    const task = await running(
      "order",
      [
        shell("app", endless, { dependsOn: { migrate: "completed", cache: "started" } }),
        shell("migrate", "sleep 0.3"),
        shell("cache", endless, { sidecar: true }),
      ],
      { initContainers: [shell("one", "sleep 0.3"), shell("two", "sleep 0.3")] },
    );
    const order = await startedAt(task, "sandbox", "one", "two", "migrate", "app");
    expect(order).toEqual(order.toSorted());
    const [cache, app] = await startedAt(task, "cache", "app");
    expect(cache! < app!).toBe(true);
  });

  test("have one fate, and leave nothing running", async () => {
    const task = await running("fate", [
      shell("app", endless),
      shell("bad", "sleep 0.5; exit 7"),
      shell("side", endless, { sidecar: true }),
    ]);
    const failed = await world.reaches(task, "failed");
    expect(failed).toMatchObject({ exitCode: 7, reason: { message: "bad: exited with code 7" } });
    expect((await world.containers(task)).filter(({ State }) => State === "running")).toEqual([]);
  });

  test("are started again when their sandbox is killed, and reach one another again", async () => {
    const task = await running("killed", [
      shell("app", "until wget -qO- http://localhost:8080/; do sleep 0.1; done; echo reached; sleep 3600"),
      shell("server", "mkdir /www; echo up > /www/index.html; httpd -f -p 8080 -h /www", { sidecar: true }),
    ]);
    await until("the first answer", async () => (await logs(task, "app")).includes("reached"));
    const before = await startedAt(task, "app", "server");
    await world.engine.json(`/containers/podling-${task.taskId}-sandbox/kill`, "POST");
    await until("the answer in the new network", async () => (await logs(task, "app")).split("reached").length === 3);
    const after = await startedAt(task, "app", "server");
    expect(after.every((at, index) => at > before[index]!)).toBe(true);
    expect(await world.reaches(task, "running")).toMatchObject({
      restartPolicy: "never",
      containers: [{ restarts: 1 }, { restarts: 1 }],
    });
    await world.engine.json(`/containers/podling-${task.taskId}-sandbox?force=1`, "DELETE");
    await until("another sandbox", async () => {
      const [app] = (await world.task(task)).containers!;
      return app?.ready && app.containerId !== task.containers![0]!.containerId;
    });
  });

  test("get the work of their init containers again when all that they had is gone", async () => {
    const mounts = [{ type: "shared", source: "site", target: "/site" }];
    const task = await running(
      "again",
      [shell("app", `cat /site/word && ${endless}`, { mounts }), shell("side", endless)],
      {
        initContainers: [shell("write", "test ! -e /site/word && echo written > /site/word", { mounts })],
        restartPolicy: "on-failure",
      },
    );
    await world.worker.kill();
    for (const { Id } of await world.containers(task)) await world.engine.json(`/containers/${Id}?force=1`, "DELETE");
    const { Volumes } = await world.engine.json<{ Volumes: { Name: string }[] }>("/volumes");
    const own = Volumes.filter(({ Name }) => Name.includes(task.taskId));
    expect(own).toHaveLength(1);
    await world.engine.json(`/volumes/${own[0]!.Name}`, "DELETE");
    await world.worker.start();
    await until("the new app", async () => {
      const { containers = [] } = await world.task(task);
      return containers.every(
        ({ ready, containerId }, at) => ready && containerId !== task.containers![at]!.containerId,
      );
    });
    expect(await logs(task, "app")).toContain("written");
  });

  test("run on when their worker is killed, and are adopted by the next", async () => {
    const task = await running("adopted", [shell("app", endless), shell("side", endless, { sidecar: true })]);
    const before = await startedAt(task, "sandbox", "app", "side");
    await world.worker.kill();
    await world.worker.start();
    await until("the worker to say so", async () => (await world.node()).status === "online");
    const end = await world.master.fetch(`/api/v1/tasks/${task.taskId}/restart?wait=done&timeout=30s`, {
      method: "POST",
    });
    expect(end.status).toBe(200);
    const after = await startedAt(task, "sandbox", "app", "side");
    expect([after[0] === before[0], after[1]! > before[1]!, after[2]! > before[2]!]).toEqual([true, true, true]);
  }, 60_000);

  test("keep their order, and wait for what is healthy, after a restart of the engine", async () => {
    const health = { command: "test -e /tmp/up", intervalMs: 200, startPeriodMs: 10_000 };
    const task = await running(
      "reboot",
      [
        shell("app", endless, { dependsOn: { db: "healthy" } }),
        shell("db", `rm -f /tmp/up; sleep 2; touch /tmp/up; ${endless}`, { health }),
      ],
      { restartPolicy: "always" },
    );
    const before = await startedAt(task, "db", "app");
    expect(gapMs(before)).toBeGreaterThanOrEqual(2000);
    await world.engine.stop();
    await world.engine.start();
    await until(
      "all to run again",
      async () => {
        const after = await startedAt(task, "db", "app");
        const { ready, reason } = await world.task(task);
        return ready && reason.code === "running" && after.every((at, index) => at > before[index]!);
      },
      60_000,
    );
    const after = await startedAt(task, "db", "app");
    expect(gapMs(after)).toBeGreaterThanOrEqual(2000);
  }, 120_000);
});

/** From the first start to the second. */
function gapMs([first, second]: string[]): number {
  return Date.parse(second!) - Date.parse(first!);
}
