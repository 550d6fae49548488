// One row for each case: the assignment, the container of the engine and the attempts, and the action and report that
// follow.

import { describe, expect, test } from "bun:test";
import { assigned, container as sample } from "../../../test/worker/samples.ts";
import { type RestartPolicy, specDefaults } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { ContainerAssignment, WireAssignment } from "./assignment.ts";
import { type Attempts, noAttempts } from "./attempts.ts";
import { backoffMs, recordedStreak, streakAfter } from "./restart-policy.ts";
import { type Step, step, waiting, wantsLog } from "./step.ts";

const now = Date.parse("2025-01-19T12:00:00.000Z");
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();

function policy(mode: RestartPolicy["mode"], maxRestarts: number | null = null): Partial<WireAssignment> {
  return { restartPolicy: { ...specDefaults.restartPolicy, mode, maxRestarts }, status: "running" };
}

const container = (more: Partial<ContainerState> = {}) => sample({ startedAt: at(20), ...more });
const created = container({ status: "created", startedAt: null });
const ended = (exitCode: number, more: Partial<ContainerState> = {}) =>
  container({ status: "exited", exitCode, finishedAt: at(10), ...more });
const stopped: Partial<WireAssignment> = { desired: "stopped", stopGraceSeconds: 7 };
const lost = { hadContainer: true, hasRun: true };

/** Of a task whose service waits for another one. */
function dependent(): Row[] {
  const waits = { ...assigned(policy("always")), waitsFor: "waits for db: unhealthy" };
  const held = "running waiting-for-dependency: waits for db: unhealthy";
  const first = { ...assigned(), waitsFor: waits.waitsFor };
  const asked = { ...waits, restartRequest: { count: 1, by: "root@vm", askedAt: null } };
  return [
    ["it waits: no container is made", first, null, {}, { type: "none" }, held.replace("running", "scheduled")],
    ["it waits: what ended is not started", waits, ended(1), { hasRun: true }, { type: "none" }, held],
    ["it waits: what runs goes on", waits, container(), { hasRun: true }, { type: "none" }, "running running"],
    ["it waits, and a user has asked for a restart", asked, ended(0), {}, { type: "start", restart: true }, ""],
    ["it waits, and its network was made again", waits, ended(0), { rejoins: true }, { type: "start" }, ""],
    ["it waits, and is to stop", { ...waits, desired: "stopped" }, container(), {}, { type: "stop" }, ""],
  ];
}

type Row = [
  title: string,
  assignment: ContainerAssignment | null,
  found: ContainerState | null,
  tried: Partial<Attempts>,
  action: Partial<Step["action"]>,
  /** "status code", or with a part of the message: "status code: sentence". "": no report. */
  report: string,
];

const rows: Row[] = [
  // ---- what the task depends on is not there
  ...dependent(),
  // ---- assigned, no container yet
  ["no container: create first, because the image is usually there", assigned(), null, {}, { type: "create" }, ""],
  ["the engine said that the image is missing: pull", assigned(), null, { imageMissing: true }, { type: "pull" }, ""],
  ["policy always: pull before the first create", assigned({ pullPolicy: "always" }), null, {}, { type: "pull" }, ""],
  ["pulled: create", assigned({ pullPolicy: "always" }), null, { imageReady: true }, { type: "create" }, ""],
  [
    "a pull has just failed: wait",
    assigned(),
    null,
    { imageMissing: true, retryAt: now + 500 },
    { type: "wait", until: now + 500 },
    "",
  ],
  ["the pause is over: pull", assigned(), null, { imageMissing: true, retryAt: now }, { type: "pull" }, ""],
  ["created: start", assigned(), created, {}, { type: "start", containerId: "c1", restart: false }, ""],
  ["a start has just failed: wait", assigned(), created, { retryAt: now + 1 }, { type: "wait", until: now + 1 }, ""],
  [
    "a final failure is reported",
    assigned(),
    null,
    { failure: { reason: { code: "image-not-found", message: "no such image" }, error: "404", exitCode: null } },
    { type: "none" },
    "failed image-not-found: no such image",
  ],

  // ---- assigned, and there is a container
  ["running", assigned(), container(), {}, { type: "none" }, "running running"],
  ["running again", assigned(), container(), { restarts: 2 }, { type: "none" }, "running running: after 2 restarts"],
  [
    "running is reported also while an action waits",
    assigned(),
    container(),
    { retryAt: now + 9 },
    { type: "none" },
    "running running",
  ],

  // ---- ended by itself
  ["never, code 0", assigned(), ended(0), {}, { type: "none" }, "completed exited: code 0"],
  ["never, code 3", assigned(), ended(3), {}, { type: "none" }, "failed exited: code 3"],
  ["out of memory", assigned(), ended(137, { oomKilled: true }), {}, { type: "none" }, "failed oom-killed: limit"],
  [
    "a process in it was killed for memory, and it went on",
    assigned(),
    ended(0, { oomKilled: true }),
    {},
    { type: "none" },
    "completed exited: exited with code 0; another process in it was killed for memory",
  ],
  [
    "a process in it was killed for memory, and it failed of something else",
    assigned(),
    ended(7, { oomKilled: true }),
    {},
    { type: "none" },
    "failed exited: exited with code 7; another process in it was killed for memory",
  ],
  ["on-failure, code 0", assigned(policy("on-failure")), ended(0), {}, { type: "none" }, "completed exited"],
  [
    "on-failure, code 1: the pause of the first restart is over",
    assigned(policy("on-failure")),
    ended(1),
    {},
    { type: "start", containerId: "c1", restart: true },
    "",
  ],
  [
    "on-failure, code 1: the pause has grown",
    assigned(policy("on-failure")),
    ended(1),
    { streak: 4, restarts: 4, hasRun: true },
    { type: "wait", until: now + 6000 },
    "running restarting: exited with code 1; restart 5 in 6 s",
  ],
  [
    "on-failure, the maximum is reached",
    assigned(policy("on-failure", 2)),
    ended(1),
    { streak: 2, restarts: 2 },
    { type: "none" },
    "failed exited: given up after 2 restarts",
  ],
  [
    "a long run resets the count",
    assigned(policy("on-failure", 2)),
    ended(1, { startedAt: at(3600) }),
    { streak: 2, restarts: 2 },
    { type: "start", restart: true },
    "",
  ],
  ["always, code 0", assigned(policy("always")), ended(0), {}, { type: "start", restart: true }, ""],
  [
    "always, given up: failed, also with code 0",
    assigned(policy("always", 1)),
    ended(0),
    { streak: 1, restarts: 1 },
    { type: "none" },
    "failed exited: given up after 1 restart",
  ],
  [
    "a restart that failed waits for its own pause",
    assigned(policy("always")),
    ended(127, { error: "port is taken" }),
    { streak: 1, restarts: 1, hasRun: true, retryAt: now + 2000 },
    { type: "wait", until: now + 2000 },
    "running restarting: could not be started again: port is taken; restart 2 in 2 s",
  ],

  // ---- a container that the engine cannot start any more
  [
    "unusable, and another one is allowed",
    assigned({ ...policy("always"), status: "scheduled" }),
    created,
    { unusable: true },
    { type: "remove", containerId: "c1" },
    "",
  ],
  [
    "unusable, and no other one is allowed",
    assigned({ ...policy("on-failure", 1), status: "scheduled" }),
    created,
    { unusable: true, streak: 1 },
    { type: "start", restart: false },
    "",
  ],
  [
    "unusable and removed: another one after the pause",
    assigned({ ...policy("always"), status: "scheduled" }),
    null,
    { unusable: true, hadContainer: true, lostAt: now },
    { type: "wait", until: now + 1000 },
    "scheduled restarting: gets another one; restart 1 in 1 s",
  ],

  // ---- removed by someone else
  ["never", assigned({ status: "running" }), null, lost, { type: "none" }, "failed container-lost"],
  [
    "never, known from the record alone",
    assigned({ status: "running", containerId: "c1" }),
    null,
    {},
    { type: "none" },
    "failed container-lost",
  ],
  ["always: create again", assigned(policy("always")), null, { ...lost, lostAt: now - 1000 }, { type: "create" }, ""],
  [
    "always: after a pause",
    assigned(policy("always")),
    null,
    { ...lost, lostAt: now },
    { type: "wait", until: now + 1000 },
    "running restarting: removed by someone other than Podling; restart 1 in 1 s",
  ],
  [
    "on-failure: used up",
    assigned(policy("on-failure", 1)),
    null,
    { ...lost, streak: 1, restarts: 1 },
    { type: "none" },
    "failed container-lost",
  ],

  // ---- asked to stop
  [
    "running: stop with its grace",
    assigned(stopped),
    container(),
    {},
    { type: "stop", containerId: "c1", graceSeconds: 7 },
    "",
  ],
  ["ended: the true code", assigned(stopped), ended(143), {}, { type: "none" }, "stopped stopped: exit code 143"],
  ["before it was created", assigned(stopped), null, {}, { type: "none" }, "stopped stopped: before it ran"],
  ["before it was started", assigned(stopped), created, {}, { type: "none" }, "stopped stopped: before it ran"],
  ["its container is gone already", assigned(stopped), null, lost, { type: "none" }, "stopped stopped: gone already"],
  [
    "in the pause before a restart",
    assigned({ ...stopped, ...policy("always") }),
    ended(1),
    {},
    { type: "none" },
    "stopped stopped",
  ],
  [
    "while a pull waits",
    assigned(stopped),
    null,
    { imageMissing: true, retryAt: now + 500 },
    { type: "none" },
    "stopped stopped",
  ],
  [
    "the stop has failed: again later",
    assigned(stopped),
    container(),
    { retryAt: now + 500, failedAction: "stop" },
    { type: "wait", until: now + 500 },
    "",
  ],
  [
    "the pause after a failed start does not delay a stop",
    assigned(stopped),
    container(),
    { retryAt: now + 60_000, failedAction: "start" },
    { type: "stop" },
    "",
  ],

  // ---- not assigned any more
  ["no container", null, null, {}, { type: "none" }, ""],
  [
    "running: stop, with the grace of the last assignment",
    null,
    container(),
    { graceSeconds: 3 },
    { type: "stop", graceSeconds: 3 },
    "",
  ],
  ["ended: kept for its logs", null, ended(0), {}, { type: "none" }, ""],
  ["never started: remove, it has no logs", null, created, {}, { type: "remove", containerId: "c1" }, ""],
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
  for (const [title, assignment, found, tried, action, report] of rows) {
    test(title, () => {
      const next = step({ assignment, found, attempts: { ...noAttempts(assignment), ...tried } }, now);
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

test("a long run resets the count only once", () => {
  const run = ended(1, { startedAt: at(3600) });
  const tried = { ...noAttempts(null), streak: 3 };
  expect(streakAfter(specDefaults.restartPolicy, run, tried)).toBe(0);
  expect(streakAfter(specDefaults.restartPolicy, run, { ...tried, countedRun: run.startedAt })).toBe(3);
});

test("a report has all that is known, with texts cut to their limit", () => {
  const run = ended(3, { error: "x".repeat(5000), publishedPorts: [] });
  const { report } = step({ assignment: assigned(), found: run, attempts: noAttempts(assigned()) }, now);
  expect(report).toMatchObject({ containerId: "c1", exitCode: 3, startedAt: at(20), finishedAt: at(10) });
  expect(report!.error!.length).toBeLessThanOrEqual(2048);
});

test("while it waits it is scheduled before its first run, and running after it", () => {
  const reason = { code: "pulling" as const, message: "pulling nginx" };
  const before = { attempts: noAttempts(assigned()), found: null };
  expect(waiting(before, reason).status).toBe("scheduled");
  const after = { attempts: noAttempts(assigned({ status: "running" })), found: null };
  expect(waiting(after, reason).status).toBe("running");
});

describe("a log is read", () => {
  const again = assigned(policy("on-failure"));
  const run = ended(3);
  const before = { finishedAt: at(60), exitCode: 3, log: [] };
  const cases: [
    title: string,
    assignment: ContainerAssignment | null,
    found: ContainerState | null,
    tried: Partial<Attempts>,
    reads: boolean,
  ][] = [
    ["of a run that ended badly", assigned(), run, {}, true],
    ["of one killed for memory", assigned(), ended(137, { oomKilled: true }), {}, true],
    [
      "of none that went well although a process in it was killed",
      assigned(),
      ended(0, { oomKilled: true }),
      {},
      false,
    ],
    ["not of one that ended well", assigned(policy("always")), ended(0), {}, false],
    ["not of one that runs, or never ran", assigned(), container(), {}, false],
    ["not without a container", assigned(), null, {}, false],
    ["not of one that was asked to stop", assigned(stopped), run, {}, false],
    ["not of one that is not assigned", null, run, {}, false],
    ["not if it has been read", assigned(), run, { lastFailure: { ...before, finishedAt: run.finishedAt } }, false],
    ["of the next run", again, run, { lastFailure: before, logReadAt: now - 10_000 }, true],
    ["not of the next run, so soon", again, run, { lastFailure: before, logReadAt: now - 9_999 }, false],
    ["also so soon, if it is the last", assigned(), run, { lastFailure: before, logReadAt: now - 1 }, true],
  ];
  test.each(cases)("%s", (_, assignment, found, tried, reads) => {
    expect(wantsLog({ assignment, found, attempts: { ...noAttempts(assignment), ...tried } }, now)).toBe(reads);
  });

  test("and is part of every report from then on", () => {
    const tried = { ...noAttempts(again), lastFailure: before, lastExitCode: 3, restarts: 1 };
    expect(step({ assignment: again, found: container(), attempts: tried }, now).report).toMatchObject({
      reason: { message: "running, after 1 restart; the run before exited with code 3" },
      lastFailure: before,
    });
    expect(noAttempts(assigned({ lastFailure: before }))).toMatchObject({ lastFailure: before, lastExitCode: 3 });
  });
});

test("after a start of the worker a task that had restarted often gets at least one more restart", () => {
  expect(recordedStreak(assigned({ ...policy("on-failure", 5), restarts: 40 }))).toBe(4);
  expect(recordedStreak(assigned({ ...policy("on-failure", 5), restarts: 2 }))).toBe(2);
  expect(recordedStreak(assigned({ ...policy("on-failure", 0), restarts: 0 }))).toBe(0);
  expect(recordedStreak(assigned({ ...policy("always"), restarts: 3 }))).toBe(3);
});

test("the end of a run in the network that there is stays an end, also where the clock was set back meanwhile", () => {
  const sandbox = { containerId: "s1", startedAt: at(5), address: null, hostNetwork: false, publishedPorts: [] };
  const assignment = { ...assigned(policy("never")), sandbox };
  const found = ended(1, { startedAt: at(20), finishedAt: at(3), joined: "s1" });
  const next = (joinedRun: string | null) =>
    step({ assignment, found, attempts: { ...noAttempts(assignment), hasRun: true, joinedRun } }, now);
  expect(next(sandbox.startedAt)).toMatchObject({ action: { type: "none" }, report: { status: "failed" } });
  // Without what this worker has seen, the times say that the network was made again.
  expect(next(null).action).toMatchObject({ type: "start" });
});
