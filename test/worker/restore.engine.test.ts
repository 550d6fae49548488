// A master that is restored from a backup, with real containers: what runs and is in the backup is adopted, what the
// backup does not have is stopped, and what ended meanwhile is reported with its exit code.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { podling } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const endless = "while :; do sleep 0.1; done";

describeLab("a restored master", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  /** A busy machine's engine takes its time; nothing here is about how long. */
  const patienceMs = 60_000;
  const begin = async (name: string, script: string, more: object = {}) =>
    world.reaches(await world.create(name, script, more), "running", patienceMs);
  const runs = async (task: TaskView) => (await world.inspect(task)).State;
  const isAdopted = async (task: TaskView, pid: number) => {
    expect(await world.task(task)).toMatchObject({ status: "running", containerId: task.containerId, restarts: 0 });
    expect(await runs(task)).toMatchObject({ Running: true, Pid: pid });
  };
  const isGone = async (task: TaskView) => {
    await until(`${task.name} to be stopped`, async () => !(await runs(task)).Running, patienceMs);
    expect((await world.master.fetch(`/api/v1/tasks/${task.taskId}`)).status).toBe(404);
  };
  const registered = () =>
    until(
      "the node to register again",
      async () => {
        const node = await world.node();
        return node.status === "online" && !node.unheard && node.lastHeartbeat !== null;
      },
      patienceMs,
    );
  const stop = async (tasks: TaskView[]) => {
    for (const { taskId } of tasks) await world.master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`);
  };

  test("on an empty disk: two tasks are adopted, the third, which the backup does not know, is stopped", async () => {
    const file = join(world.cluster.folder("backups"), "died.gz");
    const kept = [
      await begin("first", endless, { restartPolicy: "always" }),
      await begin("second", endless, { restartPolicy: "never" }),
    ];
    const pids = await Promise.all(kept.map(async (task) => (await runs(task)).Pid));
    expect((await podling(["backup", file], { master: world.master })).code).toBe(0);
    const third = await begin("third", endless, { restartPolicy: "always" });
    const before = await world.node();

    await world.master.kill();
    for (const name of readdirSync(world.master.dataDir)) rmSync(join(world.master.dataDir, name), { recursive: true });
    const restored = await podling(["restore", file, "-y", "--data-dir", world.master.dataDir]);
    expect([restored.code, restored.stdout]).toEqual([0, expect.stringContaining("restored cluster")]);
    await world.master.start();

    await registered();
    await isGone(third);
    for (const [index, task] of kept.entries()) await isAdopted(task, pids[index]!);
    expect(await world.node()).toMatchObject({ nodeId: before.nodeId, runningTasks: 2 });
    const next = await begin("next", endless);
    expect(next.taskId > third.taskId).toBe(true);
    await stop([...kept, next]);
  }, 300_000);

  test("while it runs: the same, and what ended since is reported with its exit code", async () => {
    const file = join(world.cluster.folder("backups"), "back.backup");
    const kept = await begin("kept", endless);
    const ending = await begin("ending", `trap 'exit 5' TERM; ${endless}`);
    const removed = await begin("removed", endless);
    const { Pid } = await runs(kept);
    expect((await podling(["backup", file], { master: world.master })).code).toBe(0);

    await world.master.json("POST", `/api/v1/tasks/${ending.taskId}/stop`);
    await world.reaches(ending, "stopped", patienceMs);
    await stop([removed]);
    await until("its container to be removed", async () => (await world.containers(removed)).length === 0, patienceMs);
    const later = await begin("later", endless);
    const restored = await podling(["restore", file, "-y"], { master: world.master });
    expect(restored.code).toBe(0);

    await registered();
    await isGone(later);
    await isAdopted(kept, Pid);
    expect(await world.reaches(ending, "failed", patienceMs)).toMatchObject({ exitCode: 5, restarts: 0 });
    expect((await world.reaches(removed, "failed", patienceMs)).reason.code).toBe("container-lost");
    await stop([kept]);
  }, 300_000);

  test("an empty master that the worker has already joined restores the backup of the cluster before", async () => {
    const file = join(world.cluster.folder("backups"), "before.backup");
    const kept = await begin("stays", endless);
    const { Pid } = await runs(kept);
    expect((await podling(["backup", file], { master: world.master })).code).toBe(0);
    await world.master.kill();
    for (const name of readdirSync(world.master.dataDir)) rmSync(join(world.master.dataDir, name), { recursive: true });
    await world.master.start();
    await until("the worker to join the empty cluster", async () => (await world.node()).engine !== null);
    expect(await runs(kept)).toMatchObject({ Running: true, Pid });
    expect((await podling(["restore", file], { master: world.master })).code).toBe(0);
    await registered();
    await until("the task to be held again", async () => {
      const { body } = await world.worker.get(`/tasks/${kept.taskId}`);
      return body.includes('"running"');
    });
    await isAdopted(kept, Pid);
    await stop([kept]);
  }, 300_000);
});
