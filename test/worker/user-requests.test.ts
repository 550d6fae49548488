// What users ask of a running task: restarts, shorter stops, signals, removals. A real master and a real worker, a simulated
// engine.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { listen } from "../../src/api/server/listen.ts";
import { backupMediaType } from "../../src/api/views/backup-file.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createServer } from "../../src/worker/server.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await server?.stop(true);
  server = null;
  await world.down();
});

let server: ReturnType<typeof listen> | null = null;

/** A worker with its HTTP server, which the master asks. */
async function served(): Promise<void> {
  const port = freePort();
  const worker = await world.started({ port });
  const access = new AccessControl({ server: "worker", token: null, allowedHosts: [] });
  const { runtime } = world;
  server = listen(createServer({ worker, runtime, access, log: silentLog, version: "t" }), "127.0.0.1", port);
}

const post = (task: TaskView, path: string) =>
  world.master.ask<TaskView & { code: string; error: string }>("POST", `/api/v1/tasks/${task.taskId}/${path}`);
const calls = (name: string) => world.runtime.calls.filter((call) => call === name).length;

describe("a restart on request", () => {
  test("stops the container and starts it again, also with the policy never, and is counted", async () => {
    await world.started();
    const task = await world.running("web");
    const { containerId } = world.container(task)!;
    const before = calls("start");
    const answer = await post(task, "restart?wait=done&timeout=5s");
    expect(answer.body).toMatchObject({ status: "running", restarts: 1, requestedRestarts: 1 });
    expect(world.container(task)).toMatchObject({ containerId, status: "running" });
    expect(calls("start")).toBe(before + 1);
    const running = await world.reached(task, "running", "running");
    expect(running.reason.message).toBe("running, after 1 restart; the last was asked for by anonymous");
    expect(running).toMatchObject({ lastFailure: null, requests: { restarts: 1, restartedBy: "anonymous" } });
    // A restart by policy is none on request.
    world.runtime.end(task.taskId, 3);
    await world.reached(task, "failed", "exited");
  });

  test("starts a container that waits for its next run at once, and counts from there", async () => {
    await world.started();
    const restartPolicy = { mode: "always", backoffInitialMs: 60_000, backoffMaxMs: 60_000 };
    const task = await world.running("web", { restartPolicy });
    world.runtime.end(task.taskId, 1);
    await world.reached(task, "running", "restarting");
    const answer = await post(task, "restart?wait=done&timeout=5s");
    expect(answer.body).toMatchObject({ restarts: 1, requestedRestarts: 1 });
    expect(world.container(task)?.status).toBe("running");
  });

  test("is done after a restore of a backup that is older than the last one", async () => {
    await world.started();
    const task = await world.running("web");
    const { url } = world.master;
    const backup = await (await fetch(`${url}/api/v1/backup`)).text();
    const restarted = async () => {
      const before = calls("start");
      expect((await post(task, "restart?wait=done&timeout=5s")).body).toMatchObject({ status: "running" });
      return calls("start") - before;
    };
    expect([await restarted(), await restarted()]).toEqual([1, 1]);
    const headers = { "content-type": backupMediaType };
    expect((await world.master.ask("POST", "/api/v1/restore", { text: backup, headers })).status).toBe(200);
    await until("the worker to be back", async () => {
      const answer = await world.master.ask<{ lastHeartbeat: string | null }[]>("GET", "/api/v1/nodes");
      return answer.status === 200 && answer.body.every(({ lastHeartbeat }) => lastHeartbeat !== null);
    });
    expect(await restarted()).toBe(1);
  });

  test("with a time of its own leaves later stops that of the template", async () => {
    await world.started();
    const task = await world.running("web", { stopGraceSeconds: 60 });
    const { containers } = world.runtime;
    const stop = containers.stop.bind(containers);
    const graces: number[] = [];
    containers.stop = (containerId, graceSeconds) => {
      graces.push(graceSeconds);
      return stop(containerId, graceSeconds);
    };
    await post(task, "restart?graceSeconds=0&wait=done&timeout=5s");
    await world.reached(task, "running", "running");
    await world.master.ask("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    await until("the container to be gone", () => world.container(task) === undefined);
    expect(graces).toEqual([0, 60]);
  });

  test("of many that come together one is enough for all", async () => {
    await world.started();
    const task = await world.running("web", { stopGraceSeconds: 1 }, ["stubborn"]);
    await Promise.all([post(task, "restart"), post(task, "restart"), post(task, "restart")]);
    const answer = await post(task, "restart?wait=done&timeout=10s");
    expect(answer.body).toMatchObject({ requestedRestarts: 4, restarts: 1 });
  });

  test("is done by the worker that starts next, if this one dies after the stop", async () => {
    const worker = await world.started();
    const task = await world.running("web");
    worker.stop();
    await post(task, "restart");
    await world.runtime.containers.stop(world.container(task)!.containerId, 0);
    await world.started();
    const restarted = await world.reached(task, "running", "running");
    expect(restarted).toMatchObject({ restarts: 1, requestedRestarts: 1 });
  });

  test("of a task that does not run is refused; one that is being stopped, too", async () => {
    await world.started();
    const task = await world.running("web", { stopGraceSeconds: 30 }, ["stubborn"]);
    await post(task, "stop");
    const answer = await post(task, "restart");
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: "illegal-move",
      error: expect.stringContaining("being stopped"),
      hint: "Wait until it has stopped (podling wait web), then run it again with podling run.",
    });
    await post(task, "stop?graceSeconds=0");
    await world.reached(task, "stopped");
    expect((await post(task, "restart")).status).toBe(409);
  });
});

describe("a stop under way", () => {
  test("is shortened by another one with less time", async () => {
    await world.started();
    const task = await world.running("web", { stopGraceSeconds: 60 }, ["stubborn"]);
    await post(task, "stop");
    await until("the stop to begin", () => calls("stop") === 1);
    await post(task, "stop?graceSeconds=0");
    expect(await world.reached(task, "stopped")).toMatchObject({ exitCode: 137, stopGraceSeconds: 60 });
  });
});

describe("a signal", () => {
  test("reaches the container; KILL stops the task", async () => {
    await served();
    const task = await world.running("web");
    expect((await post(task, "kill?signal=USR1")).status).toBe(200);
    expect(await world.reached(task, "failed")).toMatchObject({ exitCode: 138 });
    const other = await world.running("other", {}, ["stubborn"]);
    // Exists, but not on this engine.
    const unknown = await post(other, "kill?signal=RTMAX");
    expect(unknown.status).toBe(422);
    expect(unknown.body).toMatchObject({ code: "unprocessable" });
    expect((await post(other, "kill?signal=SIGTERM")).status).toBe(200);
    expect((await post(other, "kill")).status).toBe(200);
    expect(await world.reached(other, "stopped")).toMatchObject({ exitCode: 137 });
    expect((await post(other, "kill?signal=HUP")).status).toBe(409);
  });
});

describe("a removal that waits", () => {
  const remove = (task: TaskView) =>
    world.master.ask("DELETE", `/api/v1/tasks/${task.taskId}?force=true&wait=gone&timeout=5s`);

  test("kills the container, and answers when it is gone", async () => {
    await served();
    const task = await world.running("web", { stopGraceSeconds: 60 }, ["stubborn"]);
    expect((await remove(task)).status).toBe(204);
    expect(world.container(task)).toBeUndefined();
    expect((await world.master.ask("GET", `/api/v1/tasks/${task.taskId}`)).status).toBe(404);
  });

  test("of a finished task answers when its container is gone", async () => {
    await served();
    const task = await world.running("job");
    world.runtime.end(task.taskId, 0);
    await world.reached(task, "completed");
    expect((await remove(task)).status).toBe(204);
    expect(world.container(task)).toBeUndefined();
  });

  test("does not call a container gone that it cannot ask for", async () => {
    await world.started(); // without a server of its own
    const task = await world.running("web");
    const answer = await remove(task);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      message: expect.stringMatching(
        /^web is removed, but it is not known whether its container is gone: cannot reach /,
      ),
    });
    await until("it to go", () => world.container(task) === undefined);
  });

  test("stays asked for while the worker is away, and is done when it is back", async () => {
    const worker = await world.started();
    const task = await world.running("web", { restartPolicy: { mode: "always" } });
    worker.stop();
    const answer = await world.master.ask("DELETE", `/api/v1/tasks/${task.taskId}?force=true&wait=gone&timeout=50ms`);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ message: expect.stringContaining("is being removed") });
    await world.started();
    await until("it to go", () => world.container(task) === undefined);
    await until("its record to go", async () => {
      return (await world.master.ask("GET", `/api/v1/tasks/${task.taskId}`)).status === 404;
    });
  });
});

test("a port that a stopped container held is tried when that container ends, not after the pause", async () => {
  await world.started();
  const ports = [{ containerPort: 80, hostPort: 8080 }];
  const first = await world.running("first", { ports, stopGraceSeconds: 60 }, ["stubborn"]);
  await world.master.do("DELETE", `/api/v1/tasks/${first.taskId}?force=true`);
  const second = await world.run("second", ["forever"], { ports });
  await until("a long pause", async () => {
    return /or in 4 s/.test((await world.master.task(second.taskId)).reason.message);
  });
  const before = calls("start");
  world.runtime.end(first.taskId, 0);
  await world.reached(second, "running");
  expect(calls("start")).toBe(before + 1);
}, 20_000);
