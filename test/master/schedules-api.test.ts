// Schedules over the API, on a master in this process: each operation, and what it refuses.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JobView } from "../../src/model/job/view.ts";
import type { ScheduleView } from "../../src/model/schedule/view.ts";
import { until } from "../../tools/lab/until.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(async () => {
  podling = new TestMaster();
  await podling.register("n1", { capacity: 1000, version: "1" });
});
afterAll(() => podling.stop());

const schedules = "/api/v1/schedules";
const input = (name: string, more: object = {}) => ({ name, image: "backup:3", cron: "0 3 * * *", ...more });
const create = (name: string, more: object = {}) => podling.do<ScheduleView>("POST", schedules, input(name, more));
const get = (id: string) => podling.do<ScheduleView>("GET", `${schedules}/${id}`);
const jobsOf = (id: string) => podling.do<JobView[]>("GET", `/api/v1/jobs?schedule=${id}`);

describe("POST /api/v1/schedules", () => {
  test("201 with the schedule, its defaults and its next due time", async () => {
    const { status, body } = await podling.ask<ScheduleView>("POST", schedules, { body: input("nightly") });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...{ name: "nightly", cron: "0 3 * * *", timezone: "UTC", concurrency: "forbid", startDeadlineMs: null },
      ...{ keep: { succeeded: 3, failed: 1 }, completions: 1, backoffLimit: 6, suspended: false, lastDueAt: null },
      ...{ missed: 0, lastJobId: null, active: 0, reason: { code: "waiting" } },
      spec: { containers: [{ image: "backup:3" }] },
    });
    expect(body.nextDueAt).toMatch(/T03:00:00.000Z$/);
    expect(await jobsOf("nightly")).toEqual([]);
  });

  test("of a name that is in use: 409, also if a job has it", async () => {
    await create("taken");
    expectRefusal(await podling.ask("POST", schedules, { body: input("taken") }), 409, "name-taken");
    await podling.do("POST", "/api/v1/jobs", { name: "a-job", image: "app:1" });
    expectRefusal(await podling.ask("POST", schedules, { body: input("a-job") }), 409, "name-taken");
    const job = await podling.ask("POST", "/api/v1/jobs", { body: { name: "taken", image: "app:1" } });
    expectRefusal(job, 409, "name-taken");
  });

  test.each([
    ["no times", { cron: undefined }, 400, "invalid-field", "cron"],
    ["empty times", { cron: "" }, 400, "invalid-field", "cron"],
    ["a minute that is none", { cron: "61 * * * *" }, 422, "unprocessable", "cron"],
    ["times that never come", { cron: "0 0 31 2 *" }, 422, "unprocessable", "cron"],
    ["a zone that is none", { timezone: "Europe/Atlantis" }, 422, "unprocessable", "timezone"],
    ["an unknown word", { concurrency: "never" }, 400, "invalid-field", "concurrency"],
    ["a deadline that is none", { startDeadline: "soon" }, 400, "invalid-field", "startDeadline"],
    ["too many kept jobs", { keepFailed: 1_000 }, 400, "invalid-field", "keepFailed"],
    ["a wrong field of the job", { completions: 0 }, 400, "invalid-field", "completions"],
    ["an unknown field", { suspend: true }, 400, "unknown-field", "suspend"],
    ["a name that is too long for the time", { name: "x".repeat(40) }, 400, "invalid-field", "name"],
    ["tasks that never end", { restartPolicy: "always" }, 422, "unprocessable", "restartPolicy"],
    ["memory that no engine takes", { resources: { memory: "1Ki" } }, 422, "unprocessable", "resources.memory"],
  ] as const)("%s: refused, with the field", async (_, more, status, code, field) => {
    const answer = await podling.ask("POST", schedules, { body: input("refused", more) });
    expectRefusal(answer, status, code);
    expect(answer.body).toMatchObject({ details: { field } });
  });
});

describe("the other operations", () => {
  test("GET lists schedules by name, and finds one by id, prefix or name", async () => {
    const { scheduleId } = await create("listed");
    const names = (await podling.do<ScheduleView[]>("GET", schedules)).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    for (const id of [scheduleId, scheduleId.slice(-8), "listed"]) expect((await get(id)).scheduleId).toBe(scheduleId);
    expectRefusal(await podling.ask("GET", `${schedules}/nothing`), 404, "schedule-not-found");
    expectRefusal(await podling.ask("GET", "/api/v1/jobs?schedule=nothing"), 404, "schedule-not-found");
  });

  test("PUT creates, changes nothing when repeated, and changes the times", async () => {
    const put = (more: object = {}, name = "put") =>
      podling.ask<ScheduleView>("PUT", `${schedules}/${name}`, { body: input("put", more) });
    const { body } = await put();
    expect((await put()).body).toEqual(body);
    const changed = (await put({ cron: "30 4 * * *", concurrency: "replace" })).body;
    expect(changed).toMatchObject({ scheduleId: body.scheduleId, cron: "30 4 * * *", concurrency: "replace" });
    expect(changed.nextDueAt).toMatch(/T04:30:00.000Z$/);
    expectRefusal(await put({}, "other"), 422, "unprocessable");
  });

  test("a due time starts a job, and a job that runs holds up the next one", async () => {
    await create("often", { cron: "* * * * * *" });
    const { reason, missed } = await until("a skipped due time", async () => {
      const schedule = await get("often");
      return schedule.reason.code === "skipped" ? schedule : null;
    });
    const jobs = await jobsOf("often");
    expect([jobs.length, jobs[0]!.schedule!.dueAt, missed > 0]).toEqual([1, expect.any(String), true]);
    expect(reason.message).toEndWith(`started no job, because ${jobs[0]!.name} was not over`);
    expect((await get("often")).active).toBe(1);
    expect((await podling.ask("DELETE", `${schedules}/often`)).status).toBe(204);
    expectRefusal(await podling.ask("GET", `/api/v1/jobs/${jobs[0]!.jobId}`), 404, "job-not-found");
  });

  test("trigger, suspend and resume", async () => {
    await create("held");
    expect(await podling.do<ScheduleView>("POST", `${schedules}/held/suspend`)).toMatchObject({
      ...{ suspended: true, nextDueAt: null },
    });
    const started = await podling.ask<JobView>("POST", `${schedules}/held/trigger`);
    expect([started.status, started.body.schedule!.dueAt]).toEqual([201, null]);
    const resumed = await podling.do<ScheduleView>("POST", `${schedules}/held/resume`);
    expect(resumed).toMatchObject({ suspended: false, lastJobId: started.body.jobId, active: 1 });
    expect(resumed.nextDueAt).not.toBeNull();
  });
});
