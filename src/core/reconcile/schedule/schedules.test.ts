// Schedules over time: what a due time starts, what it does while a job runs, and what follows from downtime and changed clocks.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import type { Job } from "../../../model/job/job.ts";
import type { Schedule } from "../../../model/schedule/schedule.ts";
import type { ParsedScheduleInput } from "../../../model/schedule/schedule-input.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { World } from "../../test-world.ts";
import { Jobs } from "../job/test-jobs.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A cluster whose clock stands at noon of 2025-01-19 in UTC. */
class Schedules extends Jobs {
  constructor() {
    super();
    this.world.now = Date.parse("2025-01-19T12:00:00Z");
  }

  schedule(input: Partial<ParsedScheduleInput> = {}): Schedule {
    const wanted = { name: "nightly", image: "app:1", cron: "0 3 * * *", ...input } as ParsedScheduleInput;
    this.world.do({ type: "putSchedule", input: wanted, by: "test" });
    return this.nightly;
  }

  get nightly(): Schedule {
    return this.world.state.scheduleNamed("nightly")!;
  }

  /** By name. */
  get jobs(): Job[] {
    return [...this.world.state.tables.job.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  get names(): string[] {
    return this.jobs.map(({ name, status }) => `${name.slice("nightly-2025".length)} ${status}`);
  }

  /** The clock goes on (or back), and the master's timer comes. */
  at(time: string | number): void {
    this.world.now = typeof time === "string" ? Date.parse(time) : this.world.now + time;
    this.world.do({ type: "wake" });
  }

  /** Everything that runs ends. */
  work(): void {
    for (let round = 0; round < 3; round++) this.round(0);
  }
}

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

test.each([
  ["ten days, no deadline", 10 * day, null, "started", ["0129030000 waiting"], 9],
  ["ten days, within the deadline", 10 * day, 12 * hour, "started", ["0129030000 waiting"], 9],
  ["ten days, too late", 10 * day, hour, "missed", [], 10],
  ["a minute late", 15 * hour + minute, minute, "started", ["0120030000 waiting"], 0],
  ["a second too late", 15 * hour + minute + 1_000, minute, "missed", [], 1],
] as const)(
  "after a downtime (%s) one look handles all that was due",
  (_, downMs, startDeadline, code, names, missed) => {
    const all = new Schedules();
    all.schedule({ startDeadline });
    // The master starts again from its records.
    all.world = Object.assign(new World(), {
      state: readSnapshot([...writeSnapshot(all.world.state)]),
      now: all.world.now,
    });
    all.at(downMs);
    expect([all.nightly.reason.code, all.names, all.nightly.missed]).toEqual([code, [...names], missed]);
    const next = Date.parse(all.nightly.nextDueAt!) - all.world.now;
    expect(next).toBeGreaterThan(0);
    expect(next).toBeLessThanOrEqual(day);
    all.at(minute);
    expect(all.jobs.length).toBe(names.length);
  },
);

test("a downtime with very many due times is counted up to a limit", () => {
  const all = new Schedules();
  all.schedule({ cron: "* * * * * *" });
  all.at(10 * day);
  expect(all.nightly).toMatchObject({ lastDueAt: "2025-01-29T12:00:00.000Z", missed: 100 });
  expect(all.nightly.reason.message).toBe(
    "2025-01-29T12:00:00.000Z started nightly-20250129120000; at least 100 due times before it started none",
  );
});

test("a clock that is set back by 3 h starts nothing twice, and nothing before the clock is there again", () => {
  const all = new Schedules();
  all.schedule({ cron: "0 * * * *" });
  all.at("2025-01-19T15:00:00Z");
  all.work();
  const last: (string | null)[] = [all.nightly.lastDueAt];
  for (let at = Date.parse("2025-01-19T12:00:00Z"); at < Date.parse("2025-01-19T16:00:00Z"); at += 10 * minute) {
    all.at(new Date(at).toISOString());
    last.push(all.nightly.lastDueAt);
  }
  expect(new Set(last)).toEqual(new Set(["2025-01-19T15:00:00.000Z"]));
  expect(all.names).toEqual(["0119150000 completed"]);
  all.at("2025-01-19T16:00:00Z");
  expect(all.names).toEqual(["0119150000 completed", "0119160000 waiting"]);
});

test("a schedule that is resumed or changed while the clock is behind handles no due time twice", () => {
  const all = new Schedules();
  const { scheduleId } = all.schedule({ cron: "0 * * * *" });
  all.at("2025-01-19T15:00:00Z");
  all.at("2025-01-19T12:30:00Z");
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: true });
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: false });
  expect(all.nightly.nextDueAt).toBe("2025-01-19T16:00:00.000Z");
  all.schedule({ cron: "30 * * * *" });
  expect(all.nightly.nextDueAt).toBe("2025-01-19T15:30:00.000Z");
});

test("a daily schedule through the changes of the clock in Berlin runs once a day", () => {
  const all = new Schedules();
  all.world.now = Date.parse("2025-03-28T12:00:00Z");
  all.schedule({ cron: "30 2 * * *", timezone: "Europe/Berlin", keepSucceeded: 100 });
  for (let hours = 0; hours < 72; hours++) {
    all.at(hour);
    all.work();
  }
  all.world.now = Date.parse("2025-10-24T12:00:00Z");
  all.at(0);
  all.work();
  for (let hours = 0; hours < 72; hours++) {
    all.at(hour);
    all.work();
  }
  expect(all.names.map((name) => name.slice(0, 8))).toEqual([
    ...["03290130", "03300100", "03310030"],
    ...["10240030", "10250030", "10260030", "10270130"],
  ]);
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

test("random clocks: no due time starts two jobs, and the newest one that was handled never goes back", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const below = (count: number) => randomInteger(random, count);
    const all = new Schedules();
    const concurrency = (["allow", "forbid", "replace"] as const)[below(3)]!;
    const { scheduleId } = all.schedule({ cron: "*/20 * * * *", concurrency, keepSucceeded: 100, keepFailed: 100 });
    const started: string[] = [];
    let last = "";
    for (let step = 0; step < 60; step++) {
      const what = below(8);
      if (what === 0) all.world.tick({ type: "suspendSchedule", scheduleId, suspended: below(2) === 0 });
      if (what === 1)
        all.world = Object.assign(new World(), {
          state: readSnapshot([...writeSnapshot(all.world.state)]),
          now: all.world.now,
        });
      const known = new Set(all.jobs.map(({ jobId }) => jobId));
      all.at((below(10) === 0 ? -below(300) : below(60)) * minute);
      for (const { jobId, schedule } of all.jobs) if (!known.has(jobId)) started.push(schedule!.dueAt!);
      expect([seed, (all.nightly.lastDueAt ?? "") >= last]).toEqual([seed, true]);
      last = all.nightly.lastDueAt ?? "";
      if (below(2) === 0) all.work();
    }
    expect([seed, ...started]).toEqual([seed, ...[...new Set(started)].sort()]);
  }
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
