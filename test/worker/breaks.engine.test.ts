// What a real worker outlives: kill -9 under load, a real engine that dies, comes back or hangs, a master that dies.

import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { Task } from "../../src/model/task.ts";
import { describeLab } from "../lab/available.ts";
import type { WorkerProcess } from "../lab/cluster.ts";
import { until } from "../lab/until.ts";
import { RealWorld } from "./real.ts";

describeLab("a real worker outlives", () => {
  let world: RealWorld;
  let worker: WorkerProcess;

  beforeAll(async () => {
    world = await RealWorld.start();
    worker = await world.worker();
  });
  afterEach(async () => {
    const tasks = await world.master.json<Task[]>("GET", "/api/v1/tasks");
    for (const { taskId } of tasks) await world.master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`);
  });
  afterAll(() => world?.down());

  /** Dead for less than a lease, so that the node is not lost. */
  async function killAndStart(): Promise<void> {
    await worker.kill();
    await worker.start();
    await world.joined(worker);
  }

  test("kill -9 in the middle of starting: every task has one container, and every end its true code", async () => {
    const creating: Promise<Task>[] = [];
    for (let i = 0; i < 8; i++) {
      creating.push(world.run(`long${i}`, "sleep 600"), world.run(`short${i}`, `exit ${i}`));
    }
    const tasks = await Promise.all(creating);
    await until("some to run", async () => (await world.engine.containers("podling.task")).length > 3);
    await killAndStart();
    for (const task of tasks) {
      const code = /^short(\d)$/.exec(task.name)?.[1];
      if (code === undefined) await world.reached(task, "running");
      else expect((await world.reached(task, code === "0" ? "completed" : "failed")).exitCode).toBe(Number(code));
    }
    const containers = await world.engine.containers("podling.task");
    expect(containers).toHaveLength(tasks.length);
  });

  test("kill -9: what runs is adopted untouched; what ended meanwhile has its true code; what is gone is lost", async () => {
    const [web, job, gone] = await Promise.all([
      world.run("web", "sleep 600"),
      world.run("job", "sleep 0.5; exit 9"),
      world.run("gone", "sleep 600"),
    ]);
    const before = await world.reached(web, "running");
    const removed = await world.reached(gone, "running");
    await world.reached(job, "running");
    await worker.kill();
    await world.engine.fetch(`/containers/${removed.containerId}?force=1`, { method: "DELETE" });
    await until("the job to end", async () => (await world.container(job)) === "exited", 3000);
    await worker.start();
    expect((await world.reached(job, "failed", "exited")).exitCode).toBe(9);
    await world.reached(gone, "failed", "container-lost");
    const after = await world.task(web);
    expect({ ...after, reason: before.reason }).toEqual(before);
    expect(await world.container(web)).toBe("running");
  });

  test("SIGTERM: containers go on, and the next worker adopts them", async () => {
    const task = await world.run("web", "sleep 600");
    const { containerId } = await world.reached(task, "running");
    expect(await worker.stop()).toBe(0);
    expect(await world.container(task)).toBe("running");
    await worker.start();
    await world.joined(worker);
    expect(await world.task(task)).toMatchObject({ status: "running", containerId, restarts: 0 });
  });

  test("kill -9 of the master: containers go on, and what ended in the meantime is told afterwards", async () => {
    const [web, job] = await Promise.all([world.run("web", "sleep 600"), world.run("job", "sleep 1; exit 4")]);
    await Promise.all([world.reached(web, "running"), world.reached(job, "running")]);
    await world.master.kill();
    await until("the job to end", async () => (await world.container(job)) === "exited");
    await world.master.start();
    expect((await world.reached(job, "failed", "exited")).exitCode).toBe(4);
    expect(await world.container(web)).toBe("running");
    await world.reached(web, "running");
  });

  test("an engine that is killed: the node says so, and all goes on when it is back", async () => {
    const once = await world.run("once", "sleep 600");
    const always = await world.run("always", "sleep 600", {
      restartPolicy: { mode: "always", backoffInitialMs: 100 },
    });
    await Promise.all([world.reached(once, "running"), world.reached(always, "running")]);
    await world.engine.kill();
    await until("the node to say so", async () => (await world.node(worker))?.engineError);
    expect((await world.task(once)).status).toBe("running");
    const waiting = await world.run("waiting", "exit 0");
    expect((await world.task(waiting)).reason.message).toContain("engine");
    await world.engine.start();
    // Without live restore, an engine that comes back ends what still runs.
    await world.reached(once, "failed", "exited");
    await until("a restart", async () => (await world.task(always)).restarts >= 1);
    await world.reached(always, "running", "running");
    await world.reached(waiting, "completed");
    expect((await world.node(worker))?.engineError).toBeNull();
  });

  test("an engine that hangs: noticed by asking, and recovered from", async () => {
    const task = await world.run("web", "sleep 600");
    const { containerId } = await world.reached(task, "running");
    process.kill(world.engine.pid, "SIGSTOP");
    try {
      await until("the node to say so", async () => (await world.node(worker))?.engineError, 25_000);
      expect((await world.node(worker))?.status).toBe("online");
    } finally {
      process.kill(world.engine.pid, "SIGCONT");
    }
    await world.joined(worker);
    expect(await world.task(task)).toMatchObject({ status: "running", containerId, restarts: 0 });
  });

  test("draining: containers are stopped and told, and the node leaves", async () => {
    const leaving = await world.worker({ args: ["--drain-on-exit", "--label", "who=leaving"] });
    const there = { constraints: ["who==leaving"] };
    const once = await world.run("once", "trap 'exit 6' TERM; while true; do sleep 0.1; done", there);
    const always = await world.run("always", "sleep 600", { ...there, restartPolicy: "always" });
    await Promise.all([world.reached(once, "running"), world.reached(always, "running")]);
    await Bun.sleep(300); // the shell sets its trap a moment after the engine calls it running; nothing tells when
    expect(await leaving.stop()).toBe(0);
    expect(await world.task(once)).toMatchObject({
      status: "failed",
      exitCode: 6,
      reason: { code: "node-deregistered" },
    });
    const replaced = await world.task(always);
    expect(replaced.status).toBe("failed");
    expect((await world.task({ taskId: replaced.replacedBy! })).status).toBe("pending");
    expect(await world.node(leaving)).toBeUndefined();
    expect([await world.container(once), await world.container(always)]).toEqual(["exited", "exited"]);
  });
});
