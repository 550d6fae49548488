// Probes on a real engine: rollouts that wait for readiness, replicas that turn unready, programs that hang, and a worker that is
// replaced meanwhile.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const patienceMs = 40_000;
const readinessProbe = { http: { port: 80, path: "/ready" }, periodMs: 1000, failureThreshold: 2 };

describeLab("probes on a real engine", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 30_000);
  afterAll(() => world?.down());

  const service = () => world.master.json<ServiceView>("GET", "/api/v1/services/web");
  const replicas = () => world.master.json<TaskView[]>("GET", "/api/v1/services/web/tasks");
  const ready = async () => (await replicas()).filter((task) => task.desired === "running" && task.ready);
  const endpoints = async () =>
    (await world.master.json<{ endpoints: { taskId: string }[] }>("GET", "/api/v1/services/web/endpoints")).endpoints;
  /** `page`: a line of shell that makes it, or does not. */
  const put = (page: string, rollout: object = {}) =>
    world.master.json<ServiceView>("PUT", "/api/v1/services/web", {
      ...{ name: "web", image: world.image, replicas: 2, stopGraceSeconds: 1, ports: [{ containerPort: 80 }] },
      ...{ command: ["sh", "-c"], args: [`mkdir /srv; (${page}) & exec httpd -f -p 80 -h /srv`], readinessProbe },
      rollout: { minReadyMs: 0, monitorMs: 500, drainMs: 500, ...rollout },
    });
  const runIn = async (task: TaskView, script: string) => {
    const { exec } = new DockerRuntime(world.engine.host);
    const request = { command: ["sh", "-c", script], outputBytes: 1000, timeoutMs: 10_000 };
    expect((await exec.run(task.containerId!, request)).exitCode).toBe(0);
  };

  /** Counts the ready replicas all the time until the service is as wanted. */
  async function fewestReady(reaches: (service: ServiceView) => boolean): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY;
    await until(
      "the rollout to end",
      async () => {
        fewest = Math.min(fewest, (await ready()).length);
        return reaches(await service());
      },
      patienceMs,
    );
    return fewest;
  }

  test("replicas serve when their probes pass, and a rollout waits for that", async () => {
    await put("sleep 1; echo 1 >/srv/ready");
    await until("the replicas", async () => (await service()).stable === 1, patienceMs);
    expect(await ready()).toHaveLength(2);
    await put("sleep 2; echo 2 >/srv/ready");
    expect(await fewestReady(({ stable }) => stable === 2)).toBeGreaterThanOrEqual(2);
    expect((await ready()).map(({ owner }) => owner?.revision)).toEqual([2, 2]);
  }, 90_000);

  test("a revision that is never ready ends by its deadline, and the old replicas go on", async () => {
    const before = (await ready()).map(({ taskId }) => taskId).sort();
    await put("true", { deadlineMs: 5000 });
    const fewest = await fewestReady(({ rollout, target }) => rollout === null && target === 2);
    expect(fewest).toBeGreaterThanOrEqual(2);
    expect((await ready()).map(({ taskId }) => taskId).sort()).toEqual(before);
    expect(await service()).toMatchObject({ stable: 2, reason: { code: "rolled-back" } });
    expect((await service()).reason.message).toContain("answered 404");
  }, 90_000);

  test("a replica that turns unready leaves the endpoints, runs on, and comes back", async () => {
    const [first, second] = await ready();
    expect(await endpoints()).toHaveLength(2);
    await runIn(first!, "rm /srv/ready");
    await until("it to leave", async () => (await endpoints()).length === 1, patienceMs);
    expect((await endpoints())[0]!.taskId).toBe(second!.taskId);
    expect(await world.task(first!)).toMatchObject({
      ...{ status: "running", ready: false, restarts: 0, containerId: first!.containerId },
      reason: { code: "not-ready" },
    });
    expect((await service()).replicas).toMatchObject({ wanted: 2, serving: 1 });
    await runIn(first!, "echo again >/srv/ready");
    await until("it to come back", async () => (await endpoints()).length === 2, patienceMs);
  }, 90_000);

  test("readiness is kept while the worker is replaced", async () => {
    const before = (await ready()).map(({ taskId }) => taskId).sort();
    await world.worker.kill();
    await world.worker.start();
    const counts = new Set<number>();
    expect((await world.node()).status).toBe("online");
    for (let look = 0; look < 30; look++) {
      counts.add((await ready()).length);
      await Bun.sleep(100);
    }
    expect([...counts]).toEqual([2]);
    expect((await ready()).map(({ taskId }) => taskId).sort()).toEqual(before);
  }, 90_000);

  test("a program that hangs is restarted, with what the check said and the end of its log", async () => {
    const task = await world.run("stuck", "touch /tmp/alive; echo started; sleep 3; rm /tmp/alive; exec sleep 600", {
      restartPolicy: { mode: "always", backoffInitialMs: 3000 },
      livenessProbe: { exec: { command: "ls /tmp/alive" }, periodMs: 1000, failureThreshold: 2 },
    });
    const pausing = await until(
      "the pause before its restart",
      async () => {
        const now = await world.task(task);
        return now.reason.code === "restarting" && now;
      },
      patienceMs,
    );
    expect(pausing).toMatchObject({ status: "running", ready: false, lastFailure: { log: ["started"] } });
    expect(pausing.reason.message).toMatch(/its liveness probe failed 2 times in a row: exit code 1: .*\/tmp\/alive/);
    await until("the restart", async () => (await world.task(task)).restarts === 1, patienceMs);
  }, 90_000);

  test("the engine's health check restarts a task that asks for it", async () => {
    const task = await world.run("checked", "touch /tmp/ok; sleep 4; rm /tmp/ok; exec sleep 600", {
      restartPolicy: "always",
      health: { command: "test -e /tmp/ok || { echo gone; exit 1; }", intervalMs: 500, retries: 2 },
    });
    await until("it to be ready", async () => (await world.task(task)).ready, patienceMs);
    await until("the restart", async () => (await world.task(task)).restarts === 1, patienceMs);
    expect((await world.task(task)).lastFailure).not.toBeNull();
  }, 90_000);
});
