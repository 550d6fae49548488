// One row a case: what is wished, what the engine has, what was tried; and what is to be done and said.

import { describe, expect, test } from "bun:test";
import type { TaskId } from "../../model/ids.ts";
import { type RestartPolicy, specDefaults, unpackTask } from "../../model/task/task.ts";
import type { ContainerState } from "../../runtime/runtime.ts";
import type { Assignment } from "./assignment.ts";
import {
  type Attempts,
  backoffMs,
  keepClock,
  noAttempts,
  type Step,
  step,
  streakAfter,
  streakOf,
  waitingObservation,
  wantsLog,
} from "./step.ts";

const now = Date.parse("2025-01-19T12:00:00.000Z");
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();

function wish(more: Partial<Assignment> = {}): Assignment {
  const taskId = "20250119120000-aaaaaaaa" as TaskId;
  return unpackTask({ taskId, name: "web", image: "nginx", createdAt: at(60), status: "scheduled", ...more });
}

function policy(mode: RestartPolicy["mode"], maxRestarts: number | null = null): Partial<Assignment> {
  return { restartPolicy: { ...specDefaults.restartPolicy, mode, maxRestarts }, status: "running" };
}

function container(more: Partial<ContainerState> = {}): ContainerState {
  return {
    containerId: "c1",
    taskId: "20250119120000-aaaaaaaa",
    nodeId: "node-aaaaaaaa",
    status: "running",
    exitCode: null,
    oomKilled: false,
    error: "",
    startedAt: at(20),
    finishedAt: null,
    publishedPorts: [],
    ...more,
  };
}

const created = container({ status: "created", startedAt: null });
const ended = (exitCode: number, more: Partial<ContainerState> = {}) =>
  container({ status: "exited", exitCode, finishedAt: at(10), ...more });
const stopped: Partial<Assignment> = { desired: "stopped", stopGraceSeconds: 7 };
const lost = { hadContainer: true, hasRun: true };

type Row = [
  title: string,
  wish: Assignment | null,
  found: ContainerState | null,
  tried: Partial<Attempts>,
  action: Partial<Step["action"]>,
  /** "status code", or a part of the sentence too: "status code: sentence". "": nothing to say. */
  report: string,
];

const rows: Row[] = [
  // ---- wanted, and not there yet
  ["nothing there: create first, the image is likely there", wish(), null, {}, { type: "create" }, ""],
  ["the engine said that the image is missing: pull", wish(), null, { imageMissing: true }, { type: "pull" }, ""],
  ["policy always: pull before the first create", wish({ pullPolicy: "always" }), null, {}, { type: "pull" }, ""],
  ["pulled: create", wish({ pullPolicy: "always" }), null, { imageReady: true }, { type: "create" }, ""],
  [
    "a pull has failed a moment ago: wait",
    wish(),
    null,
    { imageMissing: true, retryAt: now + 500 },
    { type: "wait", until: now + 500 },
    "",
  ],
  ["the pause is over: pull", wish(), null, { imageMissing: true, retryAt: now }, { type: "pull" }, ""],
  ["created: start", wish(), created, {}, { type: "start", containerId: "c1", restart: false }, ""],
  [
    "a start has failed a moment ago: wait",
    wish(),
    created,
    { retryAt: now + 1 },
    { type: "wait", until: now + 1 },
    "",
  ],
  [
    "what cannot be mended is said",
    wish(),
    null,
    { failure: { reason: { code: "image-not-found", message: "no such image" }, error: "404" } },
    { type: "none" },
    "failed image-not-found: no such image",
  ],

  // ---- wanted, and there
  ["running", wish(), container(), {}, { type: "none" }, "running running"],
  ["running again", wish(), container(), { restarts: 2 }, { type: "none" }, "running running: after 2 restarts"],
  [
    "running is said also while a call waits",
    wish(),
    container(),
    { retryAt: now + 9 },
    { type: "none" },
    "running running",
  ],

  // ---- ended by itself
  ["never, code 0", wish(), ended(0), {}, { type: "none" }, "completed exited: code 0"],
  ["never, code 3", wish(), ended(3), {}, { type: "none" }, "failed exited: code 3"],
  ["out of memory", wish(), ended(137, { oomKilled: true }), {}, { type: "none" }, "failed oom-killed: limit"],
  ["on-failure, code 0", wish(policy("on-failure")), ended(0), {}, { type: "none" }, "completed exited"],
  [
    "on-failure, code 1: the pause of the first restart is over",
    wish(policy("on-failure")),
    ended(1),
    {},
    { type: "start", containerId: "c1", restart: true },
    "",
  ],
  [
    "on-failure, code 1: the pause has grown",
    wish(policy("on-failure")),
    ended(1),
    { streak: 4, restarts: 4, hasRun: true },
    { type: "wait", until: now + 6000 },
    "running restarting: exited with code 1; restart 5 in 6 s",
  ],
  [
    "on-failure with a maximum that is used up",
    wish(policy("on-failure", 2)),
    ended(1),
    { streak: 2, restarts: 2 },
    { type: "none" },
    "failed exited: given up after 2 restarts",
  ],
  [
    "a long run makes the count begin anew",
    wish(policy("on-failure", 2)),
    ended(1, { startedAt: at(3600) }),
    { streak: 2, restarts: 2 },
    { type: "start", restart: true },
    "",
  ],
  ["always, code 0", wish(policy("always")), ended(0), {}, { type: "start", restart: true }, ""],
  [
    "always, given up, is a failure also with code 0",
    wish(policy("always", 1)),
    ended(0),
    { streak: 1, restarts: 1 },
    { type: "none" },
    "failed exited: given up after 1 restart",
  ],
  [
    "a restart that failed waits for its own pause",
    wish(policy("always")),
    ended(127, { error: "port is taken" }),
    { streak: 1, restarts: 1, hasRun: true, retryAt: now + 2000 },
    { type: "wait", until: now + 2000 },
    "running restarting: could not be started again: port is taken; restart 2 in 2 s",
  ],

  // ---- a container that the engine cannot start any more
  [
    "unusable, and there may be another",
    wish({ ...policy("always"), status: "scheduled" }),
    created,
    { unusable: true },
    { type: "remove", containerId: "c1" },
    "",
  ],
  [
    "unusable, and there may not",
    wish({ ...policy("on-failure", 1), status: "scheduled" }),
    created,
    { unusable: true, streak: 1 },
    { type: "start", restart: false },
    "",
  ],
  [
    "unusable, gone, and another is due",
    wish({ ...policy("always"), status: "scheduled" }),
    null,
    { unusable: true, hadContainer: true, lostAt: now },
    { type: "wait", until: now + 1000 },
    "scheduled restarting: gets another; restart 1 in 1 s",
  ],

  // ---- removed behind our back
  ["never", wish({ status: "running" }), null, lost, { type: "none" }, "failed container-lost"],
  [
    "never, known from the record alone",
    wish({ status: "running", containerId: "c1" }),
    null,
    {},
    { type: "none" },
    "failed container-lost",
  ],
  ["always: made again", wish(policy("always")), null, { ...lost, lostAt: now - 1000 }, { type: "create" }, ""],
  [
    "always: after a pause",
    wish(policy("always")),
    null,
    { ...lost, lostAt: now },
    { type: "wait", until: now + 1000 },
    "running restarting: removed behind Podling's back; restart 1 in 1 s",
  ],
  [
    "on-failure: used up",
    wish(policy("on-failure", 1)),
    null,
    { ...lost, streak: 1, restarts: 1 },
    { type: "none" },
    "failed container-lost",
  ],

  // ---- asked to stop
  [
    "running: stop with its grace",
    wish(stopped),
    container(),
    {},
    { type: "stop", containerId: "c1", graceSeconds: 7 },
    "",
  ],
  ["ended: the true code", wish(stopped), ended(143), {}, { type: "none" }, "stopped stopped: exit code 143"],
  ["before it was created", wish(stopped), null, {}, { type: "none" }, "stopped stopped: before it ran"],
  ["before it was started", wish(stopped), created, {}, { type: "none" }, "stopped stopped: before it ran"],
  ["gone already", wish(stopped), null, lost, { type: "none" }, "stopped stopped: gone already"],
  [
    "in the pause before a restart",
    wish({ ...stopped, ...policy("always") }),
    ended(1),
    {},
    { type: "none" },
    "stopped stopped",
  ],
  [
    "while a pull waits",
    wish(stopped),
    null,
    { imageMissing: true, retryAt: now + 500 },
    { type: "none" },
    "stopped stopped",
  ],
  [
    "the stop has failed: again later",
    wish(stopped),
    container(),
    { retryAt: now + 500, failedAction: "stop" },
    { type: "wait", until: now + 500 },
    "",
  ],
  [
    "the pause of something else holds no stop back",
    wish(stopped),
    container(),
    { retryAt: now + 60_000, failedAction: "start" },
    { type: "stop" },
    "",
  ],

  // ---- not ours any more
  ["nothing there", null, null, {}, { type: "none" }, ""],
  [
    "running: stop, with the grace of the last wish",
    null,
    container(),
    { graceSeconds: 3 },
    { type: "stop", graceSeconds: 3 },
    "",
  ],
  ["ended: kept for its logs", null, ended(0), {}, { type: "none" }, ""],
  ["never started: there are no logs to keep", null, created, {}, { type: "remove", containerId: "c1" }, ""],
  ["deleted, running: stop first", null, container(), { deleted: true }, { type: "stop", containerId: "c1" }, ""],
  [
    "deleted in the pause before a restart: remove at once",
    null,
    ended(1),
    { deleted: true, retryAt: now + 300_000, failedAction: "start" },
    { type: "remove" },
    "",
  ],
  ["deleted, ended: remove", null, ended(0), { deleted: true }, { type: "remove", containerId: "c1" }, ""],
];

describe("step", () => {
  for (const [title, wanted, found, tried, action, report] of rows) {
    test(title, () => {
      const next = step(wanted, found, { ...noAttempts(wanted), ...tried }, now);
      expect(next.action).toMatchObject(action);
      const [, status, code, sentence = ""] = /^(\S*) ?([^:]*):? ?(.*)$/.exec(report)!;
      if (report === "") {
        expect(next.report).toBeNull();
      } else {
        expect({ status: next.report?.status, code: next.report?.reason.code }).toEqual({ status, code } as never);
        expect(next.report?.reason.message).toContain(sentence);
      }
    });
  }
});

test("the pause doubles with each restart, up to the cap", () => {
  const { restartPolicy } = specDefaults;
  expect([0, 1, 2, 8, 9, 500].map((streak) => backoffMs(restartPolicy, streak) / 1000)).toEqual([
    1, 2, 4, 256, 300, 300,
  ]);
});

test("a long run that has been counted once does not begin the count anew again", () => {
  const run = ended(1, { startedAt: at(3600) });
  const tried = { ...noAttempts(null), streak: 3 };
  expect(streakAfter(specDefaults.restartPolicy, run, tried)).toBe(0);
  expect(streakAfter(specDefaults.restartPolicy, run, { ...tried, countedRun: run.startedAt })).toBe(3);
});

test("a report carries all that is known, and never more than a sentence may hold", () => {
  const run = ended(3, { error: "x".repeat(5000), publishedPorts: [] });
  const { report } = step(wish(), run, noAttempts(wish()), now);
  expect(report).toMatchObject({ containerId: "c1", exitCode: 3, startedAt: at(20), finishedAt: at(10) });
  expect(report!.error!.length).toBeLessThanOrEqual(2048);
});

test("before it has run it is scheduled, afterwards it is running, whatever it waits for", () => {
  const reason = { code: "pulling" as const, message: "pulling nginx" };
  expect(waitingObservation(noAttempts(wish()), null, reason).status).toBe("scheduled");
  expect(waitingObservation(noAttempts(wish({ status: "running" })), null, reason).status).toBe("running");
});

describe("a log is read", () => {
  const again = wish(policy("on-failure"));
  const run = ended(3);
  const before = { finishedAt: at(60), exitCode: 3, log: [] };
  const cases: [
    title: string,
    wish: Assignment | null,
    found: ContainerState | null,
    tried: Partial<Attempts>,
    reads: boolean,
  ][] = [
    ["of a run that ended badly", wish(), run, {}, true],
    ["of one killed for memory, whatever its code", wish(), ended(0, { oomKilled: true }), {}, true],
    ["not of one that ended well", wish(policy("always")), ended(0), {}, false],
    ["not of one that runs, or never ran", wish(), container(), {}, false],
    ["not where there is none", wish(), null, {}, false],
    ["not of one that was asked to stop", wish(stopped), run, {}, false],
    ["not of one that nobody wants", null, run, {}, false],
    ["not where it has been read", wish(), run, { lastFailure: { ...before, finishedAt: run.finishedAt } }, false],
    ["of the next run", again, run, { lastFailure: before, logReadAt: now - 10_000 }, true],
    ["not of the next run, so soon", again, run, { lastFailure: before, logReadAt: now - 9_999 }, false],
    ["also so soon, where it is the last", wish(), run, { lastFailure: before, logReadAt: now - 1 }, true],
  ];
  test.each(cases)("%s", (_, wanted, found, tried, reads) => {
    expect(wantsLog(wanted, found, { ...noAttempts(wanted), ...tried }, now)).toBe(reads);
  });

  test("and goes with every report from then on", () => {
    const tried = { ...noAttempts(again), lastFailure: before, lastExitCode: 3, restarts: 1 };
    expect(step(again, container(), tried, now).report).toMatchObject({
      reason: { message: "running, after 1 restart; the run before exited with code 3" },
      lastFailure: before,
    });
    expect(noAttempts(wish({ lastFailure: before }))).toMatchObject({ lastFailure: before, lastExitCode: 3 });
  });
});

test("a pause is as long as it is, also where the clock went back or the engine's is an hour ahead", () => {
  const again = wish(policy("always"));
  const run = ended(1, { startedAt: at(-3590), finishedAt: at(-3600) });
  const tried = { ...noAttempts(again), retryAt: now + 3_600_000 };
  keepClock(again, run, tried, now);
  tried.retryAt = 0;
  expect(step(again, run, tried, now).action).toEqual({ type: "wait", until: now + 1000 });
  keepClock(again, run, tried, now + 1000);
  expect(step(again, run, tried, now + 1000).action).toMatchObject({ type: "start" });
  keepClock(again, run, tried, now - 7_200_000);
  expect(step(again, run, tried, now - 7_200_000).action).toEqual({ type: "wait", until: now - 7_199_000 });
});

test("no failed attempt is waited out for longer than the longest pause there is", () => {
  const tried = { ...noAttempts(null), retryAt: now + 3_600_000 };
  keepClock(null, null, tried, now);
  expect(tried.retryAt).toBeLessThanOrEqual(now + 60_000);
});

test("a worker that starts again gives a task that restarted often over the weeks one more chance at least", () => {
  expect(streakOf(wish({ ...policy("on-failure", 5), restarts: 40 }))).toBe(4);
  expect(streakOf(wish({ ...policy("on-failure", 5), restarts: 2 }))).toBe(2);
  expect(streakOf(wish({ ...policy("on-failure", 0), restarts: 0 }))).toBe(0);
  expect(streakOf(wish({ ...policy("always"), restarts: 3 }))).toBe(3);
});
