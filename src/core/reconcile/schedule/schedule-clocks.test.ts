// Schedules and time: what follows from downtime, from a clock that is set, and from the changes for summer time.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import { day, hour, minute, Schedules } from "./test-schedules.ts";

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
    all.recover();
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

test("many schedules after a long downtime are handled in several ticks, each with a bounded number of due times", () => {
  const all = new Schedules();
  const count = 60;
  for (let index = 0; index < count; index++) all.schedule({ name: `each-minute-${index}`, cron: "* * * * *" });
  const { state } = all.world;
  const missed = () => [...state.tables.schedule.values()].reduce((sum, schedule) => sum + schedule.missed, 0);
  all.world.now += 10 * day;
  let most = 0;
  for (let before = -1; before < missed(); ) {
    before = missed();
    const { wakeAt } = all.world.do({ type: "wake" });
    most = Math.max(most, missed() - before);
    if (missed() < count * 100) expect(wakeAt).toBeLessThanOrEqual(all.world.now);
  }
  expect([missed(), state.tables.job.size]).toEqual([count * 100, count]);
  expect(most).toBeLessThanOrEqual(300);
});

/** What the clock says, one after the other; the jobs that were started by then, by their due times of that day. */
const clocks: readonly (readonly [title: string, cron: string, steps: readonly (readonly [string, string])[]])[] = [
  [
    "hours ahead: what it went over starts as it comes again, and what has started does not",
    "0 * * * *",
    [
      ["15:10", "15"],
      ["16:00", "15 16"],
      ["12:30", "15 16"],
      ["13:00", "13 15 16"],
      ["14:20", "13 14 15 16"],
      ["15:00", "13 14 15 16"],
      ["16:59", "13 14 15 16"],
      ["17:00", "13 14 15 16 17"],
    ],
  ],
  [
    "an hour ahead, and no due time was left out",
    "0 * * * *",
    [
      ["13:10", "13"],
      ["12:40", "13"],
      ["13:00", "13"],
      ["14:00", "13 14"],
    ],
  ],
  [
    "ahead when the schedule was made: the next due time of the right clock",
    "0 * * * *",
    [
      ["08:30", ""],
      ["09:00", "09"],
      ["10:00", "09 10"],
    ],
  ],
  [
    "ahead when the schedule was made, and through its first due times",
    "0 * * * *",
    [
      ["13:00", "13"],
      ["14:00", "13 14"],
      ["09:30", "13 14"],
      ["10:00", "10 13 14"],
      ["11:00", "10 11 13 14"],
      ["14:59", "10 11 13 14"],
      ["15:00", "10 11 13 14 15"],
    ],
  ],
  [
    "set back twice: nothing that has started starts again",
    "0 * * * *",
    [
      ["16:00", "16"],
      ["12:30", "16"],
      ["13:00", "13 16"],
      ["12:30", "13 16"],
      ["13:59", "13 16"],
      ["14:00", "13 14 16"],
    ],
  ],
  [
    "ahead again: what it goes over for the second time stays left out",
    "0 * * * *",
    [
      ["16:00", "16"],
      ["12:30", "16"],
      ["16:30", "16"],
      ["17:00", "16 17"],
    ],
  ],
  [
    "ahead again, past the next due time",
    "0 * * * *",
    [
      ["16:00", "16"],
      ["12:30", "16"],
      ["18:30", "16 18"],
    ],
  ],
  [
    "a step back in a long pause between two due times changes nothing",
    "0 22 * * *",
    [
      ["20:00", ""],
      ["13:00", ""],
      ["21:59", ""],
      ["22:00", "22"],
    ],
  ],
];

test.each(clocks)("a clock that is %s", (_, cron, steps) => {
  const all = new Schedules();
  all.schedule({ cron, keepSucceeded: 100 });
  for (const [time, started] of steps) {
    all.at(`2025-01-19T${time}:00Z`);
    all.work();
    const hours = all.jobs.map(({ schedule }) => schedule!.dueAt!.slice(11, 13));
    expect([time, hours.join(" ")]).toEqual([time, started]);
  }
});

test("a clock that is set back wakes the master at the next due time of the right clock", () => {
  const all = new Schedules();
  all.schedule({ cron: "0 * * * *" });
  all.at("2025-01-19T16:00:00Z");
  all.work();
  all.at("2025-01-19T12:30:00Z");
  expect(all.nightly).toMatchObject({
    ...{ lastDueAt: "2025-01-19T16:00:00.000Z", nextDueAt: "2025-01-19T13:00:00.000Z" },
    reason: { message: "2025-01-19T13:00:00.000Z starts its next job; the clock was set to another time" },
  });
  expect(all.world.do({ type: "wake" }).wakeAt).toBe(Date.parse("2025-01-19T13:00:00Z"));
});

test("a start deadline that was over by a clock ahead starts the job when its time comes", () => {
  const all = new Schedules();
  all.schedule({ cron: "0 * * * *", startDeadline: minute });
  all.at("2025-01-19T15:10:00Z");
  expect([all.names, all.nightly.reason.code]).toEqual([[], "missed"]);
  all.at("2025-01-19T14:30:00Z");
  all.at("2025-01-19T15:00:00.020Z");
  expect(all.names).toEqual(["0119150000 waiting"]);
});

test("a schedule that is resumed or changed while the clock is behind handles no due time twice", () => {
  const all = new Schedules();
  const { scheduleId } = all.schedule({ cron: "0 * * * *" });
  all.at("2025-01-19T13:00:00Z");
  all.at("2025-01-19T16:00:00Z");
  all.at("2025-01-19T12:30:00Z");
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: true });
  all.world.do({ type: "suspendSchedule", scheduleId, suspended: false });
  expect(all.nightly.nextDueAt).toBe("2025-01-19T14:00:00.000Z");
  all.schedule({ cron: "0,30 * * * *" });
  expect(all.nightly.nextDueAt).toBe("2025-01-19T14:00:00.000Z");
  all.schedule({ cron: "0 18 * * *" });
  expect(all.nightly.nextDueAt).toBe("2025-01-19T18:00:00.000Z");
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

test("random clocks: no due time starts two jobs, and the newest one that was handled never goes back", () => {
  let count = 0;
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
      if (what === 1) all.recover();
      const known = new Set(all.jobs.map(({ jobId }) => jobId));
      all.at((below(10) === 0 ? -below(300) : below(60)) * minute);
      for (const { jobId, schedule } of all.jobs) if (!known.has(jobId)) started.push(schedule!.dueAt!);
      expect([seed, (all.nightly.lastDueAt ?? "") >= last]).toEqual([seed, true]);
      last = all.nightly.lastDueAt ?? "";
      if (below(2) === 0) all.work();
    }
    expect([seed, ...started]).toEqual([seed, ...new Set(started)]);
    count += started.length;
  }
  expect(count).toBeGreaterThan(400);
}, 60_000);
