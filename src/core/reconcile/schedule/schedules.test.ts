// Schedules: what a due time starts, what it does while a job runs, and which jobs are kept. Time is in schedule-clocks.test.ts.

import { expect, test } from "bun:test";
import type { ParsedScheduleInput } from "../../../model/schedule/schedule-input.ts";
import { day, hour, minute, Schedules } from "./test-schedules.ts";

test("each due time starts one job, named by it, and the next one is recorded", () => {
  const all = new Schedules();
  const { scheduleId } = all.schedule({ timezone: "Europe/Berlin", completions: 2, env: { A: "b" } });
  expect(all.nightly).toMatchObject({ nextDueAt: "2025-01-20T02:00:00.000Z", lastDueAt: null, lastJobId: null });
  expect(all.nightly.reason).toEqual({ code: "waiting", message: "2025-01-20T02:00:00.000Z starts its next job" });
  expect(all.world.do({ type: "wake" }).wakeAt).toBe(Date.parse("2025-01-20T02:00:00Z"));
  all.at("2025-01-20T01:59:59.999Z");
  expect(all.names).toEqual([]);
  all.at("2025-01-20T02:00:00Z");
  expect(all.names).toEqual(["0120020000 waiting"]);
  const [job] = all.jobs;
  expect(job).toMatchObject({
    ...{ completions: 2, schedule: { scheduleId, dueAt: "2025-01-20T02:00:00.000Z" }, by: "test", started: 1 },
    spec: { containers: [{ env: { A: "b" } }] },
  });
  expect(all.nightly).toMatchObject({
    ...{ lastDueAt: "2025-01-20T02:00:00.000Z", nextDueAt: "2025-01-21T02:00:00.000Z", lastJobId: job!.jobId },
    reason: { code: "started", message: "2025-01-20T02:00:00.000Z started nightly-20250120020000" },
  });
  all.at(minute);
  expect(all.jobs.length).toBe(1);
});

test.each([
  ["forbid", ["0120030000 running"], "skipped"],
  ["allow", ["0120030000 running", "0121030000 waiting"], "started"],
  ["replace", ["0120030000 failed", "0121030000 waiting"], "started"],
] as const)("while a job runs, %s leaves %p", (concurrency, names, reason) => {
  const all = new Schedules();
  all.schedule({ concurrency });
  all.at("2025-01-20T03:00:00Z");
  all.ends = { [`${all.jobs[0]!.name}.1`]: "runs" };
  all.round(0);
  all.at("2025-01-21T03:00:00Z");
  expect([all.names, all.nightly.reason.code]).toEqual([[...names], reason]);
  expect([all.nightly.lastDueAt, all.nightly.missed]).toEqual([
    "2025-01-21T03:00:00.000Z",
    concurrency === "forbid" ? 1 : 0,
  ]);
});

test("the tasks of a replaced job are stopped in the same tick", () => {
  const all = new Schedules();
  all.schedule({ concurrency: "replace" });
  all.at("2025-01-20T03:00:00Z");
  all.ends = { [`${all.jobs[0]!.name}.1`]: "runs" };
  all.round(0);
  all.at("2025-01-21T03:00:00Z");
  const [replaced] = all.jobs;
  expect(replaced!.reason).toEqual({
    code: "replaced",
    message: "its schedule has started nightly-20250121030000 in its place",
  });
  const tasks = [...all.world.state.tasks.values()].map(({ name, desired }) => `${name} ${desired}`);
  expect(tasks.sort()).toEqual(["nightly-20250120030000.1 stopped", "nightly-20250121030000.1 running"]);
});

test("what was due while it was suspended is not made up for", () => {
  const all = new Schedules();
  const { scheduleId } = all.schedule();
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: true });
  all.at(3 * day);
  expect([all.names, all.nightly.nextDueAt, all.nightly.reason.code]).toEqual([[], null, "suspended"]);
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: false });
  expect([all.names, all.nightly.nextDueAt]).toEqual([[], "2025-01-23T03:00:00.000Z"]);
});

test("as many finished jobs are kept as asked for, with their tasks", () => {
  const all = new Schedules();
  all.schedule({ cron: "0 * * * *", keepSucceeded: 2, keepFailed: 1, backoffLimit: 0 });
  for (let hours = 1; hours <= 8; hours++) {
    all.at(hour);
    const newest = all.jobs.find(({ jobId }) => jobId === all.nightly.lastJobId)!;
    if (hours % 3 === 0) all.ends[`${newest.name}.1`] = "failed";
    all.work();
  }
  all.at(1);
  expect(all.names).toEqual(["0119180000 failed", "0119190000 completed", "0119200000 completed"]);
  const kept = new Set(all.jobs.map(({ jobId }) => jobId as string));
  for (const { owner } of all.world.state.tasks.values()) expect(kept).toContain(owner!.id);
});

test("a job that is triggered by hand runs beside the others, also of a suspended schedule", () => {
  const all = new Schedules();
  const { scheduleId } = all.schedule();
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: true });
  all.world.do({ type: "triggerSchedule", scheduleId, by: "anna" });
  all.world.do({ type: "triggerSchedule", scheduleId, by: "anna" });
  expect(all.jobs.map(({ schedule, by, started }) => ({ schedule, by, started }))).toEqual(
    [1, 2].map(() => ({ schedule: { scheduleId, dueAt: null }, by: "anna", started: 1 })),
  );
  for (const { name } of all.jobs) expect(name).toMatch(/^nightly-20250119120000-[a-z0-9]{4}$/);
});

test("a schedule is removed with its jobs", () => {
  const all = new Schedules();
  const { scheduleId } = all.schedule();
  all.at(day);
  all.work();
  all.world.do({ type: "removeSchedule", scheduleId });
  const { tables } = all.world.state;
  expect([tables.schedule.size, tables.job.size, tables.task.size]).toEqual([0, 0, 0]);
  expect(all.world.refusal({ type: "removeSchedule", scheduleId })).toBe("schedule-not-found");
});

test("the same input changes nothing; other input changes the jobs to come", () => {
  const all = new Schedules();
  all.schedule();
  const { revision } = all.world.state;
  all.schedule();
  expect(all.world.state.revision).toBe(revision);
  all.schedule({ image: "app:2", parallelism: 2, concurrency: "allow", keepFailed: 5 });
  expect(all.nightly).toMatchObject({
    ...{ parallelism: 2, concurrency: "allow", keep: { succeeded: 3, failed: 5 } },
    ...{ nextDueAt: "2025-01-20T03:00:00.000Z", spec: { containers: [{ image: "app:2" }] } },
  });
  all.at(day);
  expect(all.jobs[0]!.spec.containers[0]!.image).toBe("app:2");
});

test.each([
  [{ cron: "61 * * * *" }, "cron", '"0 3 * * *"'],
  [{ cron: "0 0 31 2 *" }, "cron", '"0 3 * * *"'],
  [{ timezone: "Mars/Olympus" }, "timezone", "Europe/Berlin"],
] as const)("%p is refused: the field %s, with an example", (wrong, field, example) => {
  const all = new Schedules();
  const input = { name: "nightly", image: "app:1", cron: "0 3 * * *", ...wrong } as ParsedScheduleInput;
  const [outcome] = all.world.tick({ type: "putSchedule", input, by: "test" }).outcomes;
  if (outcome!.ok) throw new Error("granted");
  const { code, message, hint, details } = outcome!.refusal;
  expect([code, details]).toEqual(["unprocessable", { field }]);
  expect(message).toStartWith(`${field}: `);
  expect(hint).toContain(example);
});

test("a name belongs to one job or one schedule", () => {
  const all = new Schedules();
  all.schedule();
  all.put();
  const refusal = (command: object) => all.world.refusal(command as never);
  const input = (name: string) => ({ name, image: "app:1", cron: "0 3 * * *" });
  expect(refusal({ type: "putJob", input: { name: "nightly", image: "app:1" }, by: "test" })).toBe("name-taken");
  expect(refusal({ type: "putSchedule", input: input("import"), by: "test" })).toBe("name-taken");
  expect(refusal({ type: "putSchedule", input: input("nightly"), by: "test", mustBeNew: true })).toBe("name-taken");
});
