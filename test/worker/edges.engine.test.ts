// Unusual behaviour of real engines: they hang, refuse a restart, and do not answer the request for a quiet log; and a
// worker that is killed while it starts containers.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const endless = "while :; do sleep 0.1; done";
const framed = { accept: "application/vnd.docker.multiplexed-stream" };

describeLab("at the edges of a real engine", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  const remove = (tasks: TaskView[]) =>
    Promise.all(tasks.map(({ taskId }) => world.master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`)));

  test("kill -9 during starts: every task has one container, and every end its exit code", async () => {
    const creating: Promise<TaskView>[] = [];
    for (let i = 0; i < 8; i++)
      creating.push(world.create(`long${i}`, endless), world.create(`short${i}`, `exit ${i}`));
    const tasks = await Promise.all(creating);
    const made = async () => (await Promise.all(tasks.map((task) => world.containers(task)))).flat();
    await until("some to be made", async () => (await made()).length > 3);
    await world.worker.kill();
    await world.worker.start();
    for (const task of tasks) {
      const code = /^short(\d)$/.exec(task.name)?.[1];
      if (code === undefined) await world.reaches(task, "running", 30_000);
      else
        expect((await world.reaches(task, code === "0" ? "completed" : "failed", 30_000)).exitCode).toBe(Number(code));
    }
    expect(await made()).toHaveLength(tasks.length);
    await remove(tasks);
  }, 90_000);

  test("containers removed while the worker is down are lost, and no others", async () => {
    const [gone, stays] = await Promise.all([world.run("gone", endless), world.run("stays", endless)]);
    await world.worker.kill();
    await world.engine.fetch(`/containers/${gone.containerId}?force=1`, { method: "DELETE" });
    await world.worker.start();
    expect((await world.reaches(gone, "failed")).reason.code).toBe("container-lost");
    expect(await world.task(stays)).toMatchObject({ status: "running", containerId: stays.containerId, restarts: 0 });
    await remove([gone, stays]);
  });

  test("an engine that hangs is noticed by pings; the node stays online, and no container counts as lost", async () => {
    const task = await world.run("web", endless);
    process.kill(world.engine.pid, "SIGSTOP");
    try {
      await until("the node to say so", async () => (await world.node()).engineError, 25_000);
      expect((await world.node()).status).toBe("online");
    } finally {
      process.kill(world.engine.pid, "SIGCONT");
    }
    await until("the node to be well", async () => (await world.node()).engineError === null);
    expect(await world.task(task)).toMatchObject({ status: "running", containerId: task.containerId, restarts: 0 });
    await remove([task]);
  }, 60_000);

  test("a start with a port that is taken is tried again before it fails, and succeeds when the port is free", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const task = await world.create("web", endless, { ports: [{ containerPort: 80, hostPort: listener.port }] });
    const waiting = await until("the first attempt", async () => {
      const { status, reason } = await world.task(task);
      return status === "scheduled" && reason.code === "port-in-use" && reason;
    });
    // What the tests before have left may still be stopping, and then it could be the holder.
    expect(waiting.message).toMatch(
      /^(attempt 1 of 3 failed, again|it may be held by .* being stopped: again when that has ended, or) in 0.5 s: .*in use/,
    );
    listener.stop(true);
    await world.reaches(task, "running");
    await remove([task]);
  });

  test("a restart that the engine refuses is tried again after the next pause, in the same container", async () => {
    const listen = (port: number) => Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
    const free = listen(0);
    const hostPort = free.port;
    free.stop(true);
    const task = await world.run("web", endless, {
      ports: [{ containerPort: 80, hostPort }],
      restartPolicy: { mode: "always", backoffInitialMs: 500, backoffMaxMs: 500 },
    });
    await world.engine.fetch(`/containers/${task.containerId}/kill`, { method: "POST" });
    const thief = await until("the port", () => listen(hostPort));
    await until("a restart that fails", async () => {
      const { status, reason } = await world.task(task);
      return status === "running" && reason.message.startsWith("could not be started again: ");
    });
    thief.stop(true);
    const again = await until("it to run", async () => {
      const now = await world.task(task);
      return now.reason.code === "running" && now;
    });
    expect(again.containerId).toBe(task.containerId);
    await remove([task]);
  });

  test("a bind mount whose path is not there is an error, not a new folder", async () => {
    const source = join(world.cluster.folder("bind"), "nothing");
    const task = await world.create("web", "true", { mounts: [{ type: "bind", source, target: "/host" }] });
    const failed = await world.reaches(task, "failed");
    expect(failed.reason).toMatchObject({ code: "create-failed", message: expect.stringContaining(source) });
  });

  test("a quiet log can be followed; a slow reader does not make the worker buffer the log", async () => {
    const [quiet, loud] = await Promise.all([
      world.run("quiet", endless),
      world.run("loud", "yes 'a line of some forty characters for the log'"),
    ]);
    const leaving = new AbortController();
    const follow = ({ taskId }: TaskView) =>
      world.master.fetch(`/api/v1/tasks/${taskId}/logs?follow=true`, { headers: framed, signal: leaving.signal });
    expect((await follow(quiet)).status).toBe(200);
    const reader = (await follow(loud)).body!.getReader();
    await reader.read();
    const metrics = async () => (await world.worker.get("/metrics")).body;
    const resident = async () => Number(/process_resident_memory_bytes (\d+)/.exec(await metrics())![1]);
    const before = await resident();
    await Bun.sleep(3000); // not read meanwhile, and the container goes on writing
    expect((await resident()) - before).toBeLessThan(32 * 1024 * 1024);
    leaving.abort();
    await remove([quiet, loud]);
  });
});
