// Jobs on a real engine: a container that runs to its end, parts by index, failures with pauses between them, and a schedule of
// each second.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { JobView } from "../../src/model/job/view.ts";
import type { ScheduleView } from "../../src/model/schedule/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

describeLab("jobs on a real engine", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 30_000);
  afterAll(() => world?.down());

  const jobs = "/api/v1/jobs";
  const input = (name: string, script: string, more: object = {}) => ({
    ...{ name, image: world.image, command: ["sh", "-c"], args: [script], stopGraceSeconds: 1 },
    ...more,
  });
  const create = (name: string, script: string, more: object = {}) =>
    world.master.json<JobView>("POST", jobs, input(name, script, more));
  const get = (name: string) => world.master.json<JobView>("GET", `${jobs}/${name}`);
  const ended = (name: string) => world.master.json<JobView>("GET", `${jobs}/${name}?wait=finished&timeout=60s`);
  const tasksOf = (name: string) => world.master.json<TaskView[]>("GET", `${jobs}/${name}/tasks`);

  test("a container runs to its end, and the job is completed", async () => {
    await create("once", "echo done");
    expect(await ended("once")).toMatchObject({ status: "completed", succeeded: 1, failed: 0, started: 1 });
    const [task] = await tasksOf("once");
    expect(task).toMatchObject({ status: "completed", exitCode: 0 });
    expect(await (await world.logs(task!)).text()).toBe("done\n");
  }, 60_000);

  test("each container of an indexed job has its index, and at most two run at once", async () => {
    let most = 0;
    await create("parts", "echo part $PODLING_JOB_INDEX; sleep 0.5", { completions: 5, parallelism: 2, indexed: true });
    await until("the parts to end", async () => {
      most = Math.max(
        most,
        (await world.engine.containers("podling.task")).filter(({ State }) => State === "running").length,
      );
      return (await get("parts")).finishedAt;
    });
    expect(await get("parts")).toMatchObject({ status: "completed", doneIndexes: "0-4", started: 5 });
    const lines = await Promise.all((await tasksOf("parts")).map(async (task) => (await world.logs(task)).text()));
    expect(lines.sort()).toEqual([0, 1, 2, 3, 4].map((index) => `part ${index}\n`));
    expect(most).toBeLessThanOrEqual(2);
  }, 60_000);

  test("a task that fails is replaced after a pause that doubles, until the limit", async () => {
    await create("flaky", "exit 3", { backoffLimit: 2 });
    expect(await ended("flaky")).toMatchObject({
      ...{ status: "failed", failed: 3, started: 3, lastFailure: "flaky.3: exited with code 3" },
      reason: { code: "backoff-limit", message: "flaky.3: exited with code 3; 3 tasks failed, and 2 may" },
    });
    const tasks = await tasksOf("flaky");
    // By the master's clock: the pause begins when the failure was reported, and the next task is created after it.
    const pauses = tasks
      .slice(1)
      .map((task, index) => Date.parse(task.createdAt) - Date.parse(tasks[index]!.createdAt));
    expect(pauses[0]).toBeGreaterThanOrEqual(1_000);
    expect(pauses[1]).toBeGreaterThanOrEqual(2_000);
  }, 60_000);

  test("suspending stops the container, resuming starts another one", async () => {
    await create("held", "trap 'exit 0' TERM; sleep 1000 & wait");
    const running = () =>
      until("a task to run", async () => (await tasksOf("held")).find(({ status }) => status === "running"));
    const first = await running();
    await world.master.json("POST", `${jobs}/held/suspend`);
    await until("the container to stop", async () => (await get("held")).active === 0);
    expect((await world.task(first)).status).toBe("stopped");
    await world.master.json("POST", `${jobs}/held/resume`);
    expect((await running()).taskId).not.toBe(first.taskId);
    await world.master.fetch(`${jobs}/held`, { method: "DELETE" });
    await until("no container of it to run", async () => {
      const containers = await world.engine.containers("podling.task");
      return containers.every(({ State }) => State !== "running");
    });
  }, 60_000);

  test("a task of several containers ends with its main one; its sidecar is stopped, and each has the index", async () => {
    const shell = (name: string, script: string, more: object = {}) => ({
      ...{ name, image: world.image, command: ["sh", "-c", script] },
      ...more,
    });
    const side = shell("side", "echo side $PODLING_JOB_INDEX; trap 'exit 0' TERM; sleep 1000 & wait", {
      sidecar: true,
    });
    const main = shell("main", "echo main $PODLING_JOB_INDEX; sleep 1; exit $PODLING_JOB_INDEX");
    const body = { name: "pods", stopGraceSeconds: 1, containers: [main, side], completions: 2, indexed: true };
    await world.master.json<JobView>("POST", jobs, { ...body, backoffLimit: 1 });
    expect(await ended("pods")).toMatchObject({
      ...{ status: "failed", succeeded: 1, failed: 2, doneIndexes: "0" },
      reason: { code: "backoff-limit" },
    });
    const tasks = await tasksOf("pods");
    expect(tasks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      ...["pods.0 completed", "pods.1 failed", "pods.1 failed"],
    ]);
    const containers = await world.engine.containers("podling.task");
    expect(containers.filter(({ State }) => State === "running")).toEqual([]);
    const outputs = await Promise.all(
      ["main", "side"].map(async (container) => {
        const path = `/api/v1/tasks/${tasks[0]!.taskId}/logs?container=${container}`;
        return (await world.master.fetch(path)).text();
      }),
    );
    expect(outputs).toEqual(["main 0\n", "side 0\n"]);
  }, 90_000);

  test("a schedule of each second runs containers, one job a due time", async () => {
    const schedule = { cron: "* * * * * *", keepSucceeded: 20, concurrency: "allow" };
    await world.master.json<ScheduleView>("POST", "/api/v1/schedules", input("often", "date", schedule));
    const list = () => world.master.json<JobView[]>("GET", `${jobs}?schedule=often`);
    await until("three jobs to be completed", async () => {
      return (await list()).filter(({ status }) => status === "completed").length >= 3;
    });
    const due = (await list()).map((job) => job.schedule!.dueAt);
    expect(new Set(due).size).toBe(due.length);
    await world.master.fetch("/api/v1/schedules/often", { method: "DELETE" });
    expect(await list().catch((error: Error) => error.message)).toContain("schedule-not-found");
  }, 60_000);
});
