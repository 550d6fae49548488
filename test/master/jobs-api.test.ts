// Jobs over the API, on a master in this process: each operation, and what it refuses.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { JobView } from "../../src/model/job/view.ts";
import { until } from "../../tools/lab/until.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(async () => {
  podling = new TestMaster();
  await podling.register("n1", { capacity: 1000, version: "1" });
});
afterAll(() => podling.stop());

const jobs = "/api/v1/jobs";
const input = (name: string, more: object = {}) => ({ name, image: "app:1", ...more });
const create = (name: string, more: object = {}) => podling.do<JobView>("POST", jobs, input(name, more));
const get = (id: string) => podling.do<JobView>("GET", `${jobs}/${id}`);
const tasksOf = (id: string) => podling.do<TaskView[]>("GET", `${jobs}/${id}/tasks`);

/** Acts as the worker once: tasks start, and end as `end` says; those asked to stop have stopped. */
async function work(id: string, end: "completed" | "failed" = "completed"): Promise<void> {
  for (const task of await tasksOf(id)) {
    if (task.status !== "scheduled" && task.status !== "running") continue;
    if (task.desired === "stopped") await podling.report(task, "stopped", { exitCode: 0 });
    else if (task.status === "scheduled") await podling.report(task, "running", { containerId: `c-${task.taskId}` });
    else await podling.report(task, end, { exitCode: end === "failed" ? 1 : 0 });
  }
}

async function ended(id: string, end?: "completed" | "failed"): Promise<JobView> {
  return until(`${id} to end`, async () => {
    await work(id, end);
    const job = await get(id);
    return job.finishedAt === null ? null : job;
  });
}

describe("POST /api/v1/jobs", () => {
  test("201 with the job, whose first task is started", async () => {
    const { status, body } = await podling.ask<JobView>("POST", jobs, { body: input("import") });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...{ name: "import", completions: 1, parallelism: 1, indexed: false, backoffLimit: 6 },
      ...{ deadlineMs: null, ttlMs: null, suspended: false, status: "waiting", started: 1, succeeded: 0, failed: 0 },
      ...{
        doneIndexes: "",
        lastFailure: null,
        finishedAt: null,
        active: 1,
        spec: { containers: [{ image: "app:1" }] },
      },
    });
    const [task] = await tasksOf("import");
    expect(task).toMatchObject({ name: "import.1", owner: { kind: "job", id: body.jobId }, restartPolicy: "never" });
    expect(await ended("import")).toMatchObject({ status: "completed", succeeded: 1, active: 0 });
  });

  test("an indexed job runs every index once, and each task has its own", async () => {
    await create("parts", { completions: 4, parallelism: 2, indexed: true });
    expect(await ended("parts")).toMatchObject({ status: "completed", doneIndexes: "0-3", succeeded: 4, started: 4 });
    const tasks = await tasksOf("parts");
    expect(tasks.map(({ owner, env }) => [owner?.slot, env.PODLING_JOB_INDEX])).toEqual(
      [0, 1, 2, 3].map((index) => [String(index), String(index)]),
    );
  });

  test("a job whose tasks fail waits between them, and fails at its limit", async () => {
    await create("broken", { backoffLimit: 1 });
    await work("broken");
    await work("broken", "failed");
    expect(await get("broken")).toMatchObject({
      ...{ status: "waiting", reason: { code: "back-off" }, failed: 1, nextAt: expect.any(String) },
      lastFailure: "broken.1: exited with code 1",
    });
    expect(await ended("broken", "failed")).toMatchObject({ status: "failed", reason: { code: "backoff-limit" } });
  });

  test("of a name that is in use: 409 with the job that has it; again=true takes the place of one that has ended", async () => {
    const { jobId } = await create("taken");
    const post = (query = "") => podling.ask<JobView>("POST", `${jobs}${query}`, { body: input("taken") });
    const refused = await post();
    expectRefusal(refused, 409, "name-taken");
    expect(refused.body).toMatchObject({ details: { jobId, name: "taken" } });
    expectRefusal(await post("?again=true"), 409, "name-taken");
    await ended("taken");
    const again = await post("?again=true");
    expect([again.status, again.body.jobId === jobId, (await tasksOf("taken")).length]).toEqual([201, false, 1]);
  });

  test.each([
    ["no completions", { completions: 0 }, 400, "invalid-field", "completions"],
    ["too many completions", { completions: 1_000_000 }, 400, "invalid-field", "completions"],
    ["no parallelism", { parallelism: 0 }, 400, "invalid-field", "parallelism"],
    ["half a limit", { backoffLimit: 0.5 }, 400, "invalid-field", "backoffLimit"],
    ["a deadline that is none", { activeDeadline: "soon" }, 400, "invalid-field", "activeDeadline"],
    ["a negative time to live", { ttlAfterFinished: -1 }, 400, "invalid-field", "ttlAfterFinished"],
    ["an unknown field", { retries: 1 }, 400, "unknown-field", "retries"],
    ["no image", { image: undefined }, 400, "invalid-field", "image"],
    ["a name that is too long for the number", { name: "x".repeat(60) }, 400, "invalid-field", "name"],
    ["tasks that never end", { restartPolicy: "always" }, 422, "unprocessable", "restartPolicy"],
    ["memory that no engine takes", { resources: { memory: "1Ki" } }, 422, "unprocessable", "resources.memory"],
  ] as const)("%s: refused, with the field", async (_, more, status, code, field) => {
    const answer = await podling.ask("POST", jobs, { body: input("refused", more) });
    expectRefusal(answer, status, code);
    expect(answer.body).toMatchObject({ details: { field } });
  });
});

describe("the other operations", () => {
  test("GET lists jobs by name, and finds one by id, prefix or name", async () => {
    const { jobId } = await create("listed");
    const names = (await podling.do<JobView[]>("GET", jobs)).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    for (const id of [jobId, jobId.slice(-8), "listed"]) expect((await get(id)).jobId).toBe(jobId);
    expectRefusal(await podling.ask("GET", `${jobs}/nothing`), 404, "job-not-found");
  });

  test("GET with wait=finished answers at the end of the job, or at the timeout", async () => {
    await create("awaited");
    const early = await podling.do<JobView>("GET", `${jobs}/awaited?wait=finished&timeout=50ms`);
    expect(early.finishedAt).toBeNull();
    const waiting = podling.do<JobView>("GET", `${jobs}/awaited?wait=finished&timeout=60s`);
    await ended("awaited");
    expect((await waiting).status).toBe("completed");
    expect((await podling.do<JobView>("GET", `${jobs}/awaited?wait=finished`)).status).toBe("completed");
  });

  test("PUT creates, changes nothing when repeated, and takes another pace", async () => {
    const put = (more: object = {}, name = "put") =>
      podling.ask<JobView>("PUT", `${jobs}/${name}`, { body: input("put", { completions: 9, ...more }) });
    const { body } = await put();
    expect((await put()).body).toEqual(body);
    expect((await put({ parallelism: 3, ttlAfterFinished: "1h" })).body).toMatchObject({
      ...{ jobId: body.jobId, parallelism: 3, ttlMs: 3_600_000, active: 3 },
    });
    expectRefusal(await put({ image: "app:2" }), 409, "name-taken");
    expectRefusal(await put({}, "other"), 422, "unprocessable");
  });

  test("PUT with another pace of a job that has ended: 422 with the field, and what to type", async () => {
    const put = (more: object = {}) => podling.ask<JobView>("PUT", `${jobs}/late`, { body: input("late", more) });
    await put();
    const { parallelism } = await ended("late");
    const refused = await put({ parallelism: 3 });
    expectRefusal(refused, 422, "unprocessable");
    expect(refused.body).toMatchObject({
      error: "the job late is completed and starts no task any more: its parallelism has no effect",
      hint: expect.stringContaining("podling job run --again late --image app:1 --parallelism N"),
      details: { field: "parallelism", status: "completed" },
    });
    expect((await get("late")).parallelism).toBe(parallelism);
    expect((await put({ ttlAfterFinished: "1h" })).body).toMatchObject({ ttlMs: 3_600_000 });
    expect((await put()).status).toBe(200);
  });

  test("suspend and resume", async () => {
    await create("held");
    const held = await podling.do<JobView>("POST", `${jobs}/held/suspend`);
    expect(held).toMatchObject({ suspended: true, status: "suspended" });
    await work("held");
    expect((await get("held")).active).toBe(0);
    expect(await podling.do<JobView>("POST", `${jobs}/held/resume`)).toMatchObject({ suspended: false, active: 1 });
    await ended("held");
    expectRefusal(await podling.ask("POST", `${jobs}/held/suspend`), 422, "unprocessable");
  });

  test("DELETE removes the job and its tasks, those that run at their end", async () => {
    await create("removed", { completions: 2 });
    await work("removed");
    await work("removed");
    await work("removed");
    const tasks = await tasksOf("removed");
    expect(tasks.map(({ status }) => status)).toEqual(["completed", "running"]);
    expect((await podling.ask("DELETE", `${jobs}/removed`)).status).toBe(204);
    expectRefusal(await podling.ask("GET", `${jobs}/removed`), 404, "job-not-found");
    expectRefusal(await podling.ask("GET", `/api/v1/tasks/${tasks[0]!.taskId}`), 404, "task-not-found");
    expect(await podling.task(tasks[1]!.taskId)).toMatchObject({ desired: "stopped" });
    // Its record goes with its end.
    await expect(podling.report(tasks[1]!, "stopped", { exitCode: 0 })).rejects.toThrow("task-not-found");
    expectRefusal(await podling.ask("GET", `/api/v1/tasks/${tasks[1]!.taskId}`), 404, "task-not-found");
  });
});
