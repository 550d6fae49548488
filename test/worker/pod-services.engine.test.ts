// Probes in tasks of several containers, signals to one of them, and rollouts of such templates, on a real engine.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const patienceMs = 60_000;
const often = { periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 1 };

describeLab("probes and rollouts of tasks of several containers", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 30_000);
  afterAll(() => world?.down());

  const shell = (name: string, script: string, more: object = {}) => ({
    ...{ name, image: world.image, command: ["sh", "-c"], args: [script] },
    ...more,
  });
  const runIn = async (containerId: string, script: string) => {
    const { exec } = new DockerRuntime(world.engine.host);
    const request = { command: ["sh", "-c", script], outputBytes: 1000, timeoutMs: 10_000 };
    expect((await exec.run(containerId, request)).exitCode).toBe(0);
  };
  const create = (name: string, containers: object[], more: object = {}) =>
    world.master.json<TaskView>("POST", "/api/v1/tasks", { name, stopGraceSeconds: 1, containers, ...more });
  const one = async (task: TaskView, name: string) =>
    (await world.task(task)).containers!.find((container) => container.name === name)!;

  test("http reaches the network of all, and exec runs in its own container", async () => {
    const readinessProbe = { httpGet: { port: 8080, path: "/word" }, ...often };
    const livenessProbe = { exec: { command: ["test", "-e", "/tmp/alive"] }, ...often };
    const task = await create(
      "probed",
      [
        shell("app", "touch /tmp/alive; sleep 3600", { livenessProbe }),
        shell("web", "mkdir /www; httpd -f -p 8080 -h /www", { readinessProbe }),
      ],
      { restartPolicy: "always" },
    );
    await world.reaches(task, "running");
    await until("the probe to fail", async () => (await one(task, "web")).reason?.code === "not-ready", patienceMs);
    expect((await world.task(task)).ready).toBe(false);
    await runIn((await one(task, "web")).containerId!, "echo hi >/www/word");
    await until("readiness", async () => (await world.task(task)).ready, patienceMs);
    const before = await one(task, "app");
    await runIn(before.containerId!, "rm /tmp/alive");
    await until("the restart", async () => (await one(task, "app")).restarts === 1, patienceMs);
    // The other container runs on.
    expect((await one(task, "web")).restarts).toBe(0);
    await until("readiness again", async () => (await world.task(task)).ready, patienceMs);
  }, 120_000);

  test("a signal for one container leaves the others, and its restart policy decides", async () => {
    const task = await create("killed", [shell("app", "sleep 3600"), shell("side", "sleep 3600", { sidecar: true })]);
    await world.reaches(task, "running");
    const kill = (query: string) =>
      world.master.fetch(`/api/v1/tasks/${task.taskId}/kill?${query}`, { method: "POST" });
    await until("the sidecar", async () => (await one(task, "side")).status === "running", patienceMs);
    expect((await kill("container=side")).status).toBe(200);
    await until("the restart", async () => (await one(task, "side")).restarts === 1, patienceMs);
    expect((await one(task, "app")).restarts).toBe(0);
    expect(await (await kill("container=none")).text()).toContain("Its containers: app, side.");
    expect((await kill("container=app&signal=KILL")).status).toBe(200);
    expect((await world.reaches(task, "failed")).reason.message).toBe("app: exited with code 137");
  }, 120_000);

  test("a service of several containers is rolled out, and what waits for a healthy sidecar starts after it", async () => {
    const put = (word: string) =>
      world.master.json<ServiceView>("PUT", "/api/v1/services/shop", {
        ...{ name: "shop", replicas: 2, stopGraceSeconds: 1, rollout: { minReadyMs: 0, monitorMs: 500, drainMs: 0 } },
        initContainers: [shell("page", `echo ${word} >/site/word`, { mounts })],
        containers: [
          shell("app", "wget -qO- http://localhost:8080/word; sleep 3600", { dependsOn: { web: "healthy" } }),
          shell("web", "sleep 1; httpd -f -p 8080 -h /site", {
            ...{ sidecar: true, mounts },
            readinessProbe: { httpGet: { port: 8080, path: "/word" }, ...often },
          }),
        ],
      });
    const mounts = [{ type: "shared", source: "site", target: "/site" }];
    for (const [index, word] of ["first", "second"].entries()) {
      await put(word);
      const isStable = async () =>
        (await world.master.json<ServiceView>("GET", "/api/v1/services/shop")).stable === index + 1;
      await until(`the ${word} revision`, isStable, patienceMs);
      const replicas = await world.master.json<TaskView[]>("GET", "/api/v1/services/shop/tasks");
      const serving = replicas.filter(({ desired, ready }) => desired === "running" && ready);
      expect(serving).toHaveLength(2);
      // It had the page at its first attempt: the web server was healthy by then.
      for (const task of serving) expect(await (await world.logs(task, "?container=app")).text()).toContain(word);
    }
  }, 180_000);
});
