// One row for each case: the progress before, an outcome, and the progress and report after it.

import { describe, expect, test } from "bun:test";
import { assigned, container } from "../../../test/worker/samples.ts";
import { limits } from "../../model/limits.ts";
import type { ReasonCode } from "../../model/task/reason.ts";
import { type RestartPolicy, specDefaults } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { ContainerAssignment, WireAssignment } from "./assignment.ts";
import { type Attempts, noAttempts, type Progress } from "./attempts.ts";
import { type ActionError, type Outcome, reduce } from "./reduce.ts";
import { step } from "./step.ts";

const now = Date.parse("2025-01-19T12:00:00.000Z");
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();

function policy(mode: RestartPolicy["mode"], maxRestarts: number | null = null): Partial<WireAssignment> {
  return { restartPolicy: { ...specDefaults.restartPolicy, mode, maxRestarts }, status: "running" };
}

function progress(
  assignment: ContainerAssignment | null,
  tried: Partial<Attempts> = {},
  found: ContainerState | null = null,
): Progress {
  return { assignment, found, attempts: { ...noAttempts(assignment), ...tried } };
}

const always = assigned(policy("always"));
const running = container({ startedAt: at(20) });
const ended = container({ status: "exited", exitCode: 3, startedAt: at(20), finishedAt: at(10) });
const lastFailure = { finishedAt: at(60), exitCode: 3, log: ["oops"] };

function error(code: ReasonCode, more: Partial<ActionError> = {}): ActionError {
  return { code, message: `it is ${code}`, temporary: true, unusable: false, exitCode: null, ...more };
}

function failed(action: "pull" | "create" | "start" | "stop", cause: ActionError, portMayBeFreed = false): Outcome {
  return { type: "failed", action, error: cause, portMayBeFreed };
}

type Row = [
  title: string,
  before: Progress,
  outcome: Outcome,
  /** The attempts that change; all others stay. */
  changes: Partial<Attempts>,
  /** A part of the message that is reported; null: no report. */
  report?: string | null,
];

const afterStart = { startCounted: false };
const rows: Row[] = [
  // ---- assignments
  [
    "assigned: the grace",
    progress(null),
    { type: "assigned", assignment: assigned({ stopGraceSeconds: 3 }), deleted: false },
    { graceSeconds: 3 },
  ],
  [
    "assigned, known from the engine alone: restarts and failure come from the record",
    progress(null, { hadContainer: true }, running),
    { type: "assigned", assignment: assigned({ ...policy("always"), restarts: 4, lastFailure }), deleted: false },
    { restarts: 4, streak: 4, lastFailure, hasRun: true },
  ],
  [
    "assigned again: the worker's own count stays, also if the record lags behind",
    progress(always, { restarts: 5, streak: 2 }),
    { type: "assigned", assignment: assigned({ ...policy("always"), restarts: 4 }), deleted: false },
    {},
  ],
  [
    "assigned again, from the engine alone: a larger own count stays",
    progress(null, { restarts: 5, streak: 1 }),
    { type: "assigned", assignment: assigned({ ...policy("always"), restarts: 4 }), deleted: false },
    { hasRun: true },
  ],
  [
    "assigned, and it has been running for long: the streak ends",
    progress(always, { streak: 3, restarts: 3 }, container({ startedAt: at(601) })),
    { type: "assigned", assignment: always, deleted: false },
    { streak: 0 },
  ],
  ["not assigned any more", progress(always), { type: "assigned", assignment: null, deleted: false }, {}],
  ["deleted", progress(always), { type: "assigned", assignment: null, deleted: true }, { deleted: true }],
  [
    "deleted stays deleted",
    progress(null, { deleted: true }),
    { type: "assigned", assignment: null, deleted: false },
    {},
  ],

  // ---- looks at the engine
  ["found running", progress(assigned()), { type: "observed", found: running }, { hadContainer: true, hasRun: true }],
  [
    "found created",
    progress(assigned()),
    { type: "observed", found: container({ status: "created" }) },
    { hadContainer: true },
  ],
  [
    "found ended: its code",
    progress(assigned()),
    { type: "observed", found: ended },
    { hadContainer: true, hasRun: true, lastExitCode: 3 },
  ],
  [
    "gone: since now",
    progress(always, { hadContainer: true }, running),
    { type: "observed", found: null },
    { lostAt: now },
  ],
  ["still gone: since then", progress(always, { lostAt: now - 5 }), { type: "observed", found: null }, {}],
  [
    "there again",
    progress(always, { hadContainer: true, hasRun: true, lostAt: now - 5 }),
    { type: "observed", found: running },
    { lostAt: null },
  ],
  [
    "found running for long enough: the streak ends, the count of the whole life stays",
    progress(always, { streak: 3, restarts: 7, hadContainer: true, hasRun: true }),
    { type: "observed", found: container({ startedAt: at(600) }) },
    { streak: 0 },
  ],
  [
    "found running, not for long enough: the streak stays",
    progress(always, { streak: 3, hadContainer: true, hasRun: true }),
    { type: "observed", found: container({ startedAt: at(599) }) },
    {},
  ],

  // ---- actions that went well
  [
    "pulled",
    progress(assigned(), { imageMissing: true, pulls: 1 }),
    { type: "pulled" },
    { imageMissing: false, imageReady: true, pulls: 2 },
  ],
  [
    "created: a new container is usable",
    progress(always, { unusable: true }),
    { type: "created" },
    { hadContainer: true, unusable: false },
  ],
  [
    "the first start is no restart",
    progress(always, { startCounted: true }),
    { type: "starting", restart: false },
    afterStart,
  ],
  [
    "a restart counts when it begins",
    progress(always, { restarts: 4, streak: 1 }, ended),
    { type: "starting", restart: true },
    { restarts: 5, streak: 2, countedRun: ended.startedAt, startCounted: true },
  ],
  [
    "a restart after a long run is the first of a new streak",
    progress(always, { restarts: 4, streak: 3 }, container({ ...ended, startedAt: at(3600) })),
    { type: "starting", restart: true },
    { restarts: 5, streak: 1, countedRun: at(3600), startCounted: true },
  ],
  [
    "the log of a run that failed",
    progress(always, {}, ended),
    { type: "log-read", log: ["no database"], readAt: now - 1 },
    { logReadAt: now - 1, lastFailure: { finishedAt: at(10), exitCode: 3, log: ["no database"] } },
  ],
  ["the engine has answered", progress(always, { unanswered: 3 }), { type: "answered" }, { unanswered: 0 }],

  // ---- images
  ["the image is missing: it is to be pulled", progress(assigned()), { type: "image-missing" }, { imageMissing: true }],
  [
    "the image is missing, and its policy is never",
    progress(assigned({ pullPolicy: "never" })),
    { type: "image-missing" },
    { failure: failure("image-not-present", "nginx is not on this node, and its pull policy is never") },
  ],
  [
    "the image is missing after all pulls",
    progress(assigned(), { pulls: limits.pullAttempts }),
    { type: "image-missing" },
    { failure: failure("image-not-found", "nginx is still missing after 5 pulls") },
  ],
  [
    "a pull failed: again after 0.5 s",
    progress(assigned()),
    failed("pull", error("registry-unreachable")),
    { pulls: 1, retryAt: now + 500, failedAction: "pull" },
    "attempt 1 of 5 failed, again in 0.5 s: it is registry-unreachable",
  ],
  [
    "the third pull failed: the pause has doubled twice",
    progress(assigned(), { pulls: 2 }),
    failed("pull", error("registry-unreachable")),
    { pulls: 3, retryAt: now + 2000, failedAction: "pull" },
    "attempt 3 of 5 failed, again in 2 s",
  ],
  [
    "the last pull failed",
    progress(assigned(), { pulls: 4 }),
    failed("pull", error("registry-unreachable")),
    { pulls: 5, failure: failure("registry-unreachable", "it is registry-unreachable") },
  ],
  [
    "no registry has the image",
    progress(assigned()),
    failed("pull", error("image-not-found", { temporary: false })),
    { pulls: 1, failure: failure("image-not-found", "it is image-not-found") },
  ],

  // ---- starts that failed
  [
    "a first start, for a reason that stays",
    progress(always, { hasRun: false }),
    failed("start", error("start-failed", { temporary: false })),
    { failure: failure("start-failed", "it is start-failed") },
  ],
  [
    "a first start whose port is taken: a few more tries",
    progress(assigned()),
    failed("create", error("port-in-use")),
    { failedStarts: 1, retryAt: now + 500, failedAction: "create" },
    "attempt 1 of 3 failed, again in 0.5 s: it is port-in-use",
  ],
  [
    "the last try, without a restart policy",
    progress(assigned(), { failedStarts: 2 }),
    failed("start", error("port-in-use")),
    { failedStarts: 3, failedAction: "start", failure: failure("port-in-use", "it is port-in-use") },
  ],
  [
    "the last try, with a restart policy: as often as that says, with its pause",
    progress(assigned({ ...policy("always"), status: "scheduled" }), { failedStarts: 4 }),
    failed("start", error("port-in-use")),
    { failedStarts: 5, retryAt: now + 4000, failedAction: "start" },
    "attempt 5 failed, again in 4 s",
  ],
  [
    "a restart: its policy's pause, without a word of its own",
    progress(always, { streak: 2, restarts: 2 }, ended),
    failed("start", error("start-failed", { temporary: false })),
    { retryAt: now + 4000, failedAction: "start" },
  ],
  [
    "a restart, its policy is never",
    progress(assigned({ status: "running" }), {}, ended),
    failed("start", error("start-failed", { temporary: false })),
    { failure: failure("start-failed", "it is start-failed") },
  ],
  [
    "the port is held by a container that is being stopped: no attempt, and no restart",
    progress(always, { streak: 2, restarts: 5, startCounted: true, heldStarts: 1 }, ended),
    failed("start", error("port-in-use"), true),
    { streak: 1, restarts: 4, startCounted: false, heldStarts: 2, retryAt: now + 1000, failedAction: "start" },
    "it may be held by a container that is being stopped: again when that has ended, or in 1 s",
  ],
  [
    "the same at a first start: nothing was counted",
    progress(assigned()),
    failed("create", error("port-in-use"), true),
    { heldStarts: 1, retryAt: now + 500, failedAction: "create" },
    "being stopped: again when that has ended, or in 0.5 s",
  ],
  [
    "the engine cannot start this container any more: another one",
    progress(always),
    failed("start", error("start-failed", { unusable: true })),
    { unusable: true },
  ],
  [
    "the same without a restart left: three tries",
    progress(assigned()),
    failed("start", error("start-failed", { unusable: true })),
    { failedStarts: 1, retryAt: now + 500, failedAction: "start" },
    "attempt 1 of 3 failed",
  ],
  ["the container is gone: the next look sees it", progress(always), failed("start", error("container-lost")), {}],
  [
    "a start fails that is not wanted any more: nothing counts",
    progress(assigned({ desired: "stopped" })),
    failed("start", error("start-failed", { temporary: false })),
    {},
  ],
  [
    "the same without an assignment",
    progress(null),
    failed("create", error("create-failed", { temporary: false })),
    {},
  ],
  [
    "a draining container is still to run: its failures count",
    progress(assigned({ desired: "draining" })),
    failed("create", error("create-failed", { temporary: false })),
    { failure: failure("create-failed", "it is create-failed") },
  ],

  // ---- an engine that does not answer
  [
    "no answer: again after 0.5 s",
    progress(always),
    { type: "unanswered", action: "stop" },
    { unanswered: 1, retryAt: now + 500, failedAction: "stop" },
  ],
  [
    "no answer again: the pause doubles",
    progress(always, { unanswered: 1 }),
    { type: "unanswered", action: null },
    { unanswered: 2, retryAt: now + 1000, failedAction: null },
  ],
  [
    "no answer four times",
    progress(always, { unanswered: 3 }),
    { type: "unanswered", action: null },
    { unanswered: 4, retryAt: now + 4000, failedAction: null },
  ],
  [
    "no answer for long: no longer pause than 30 s",
    progress(always, { unanswered: 40 }),
    { type: "unanswered", action: null },
    { unanswered: 41, retryAt: now + 30_000, failedAction: null },
  ],
  [
    "an answer, also a refusal, ends that",
    progress(always, { unanswered: 3 }),
    failed("start", error("start-failed", { temporary: false })),
    { unanswered: 0, retryAt: now + 1000, failedAction: "start" },
  ],
];

function failure(code: ReasonCode, message: string): Attempts["failure"] {
  return { reason: { code, message }, error: message, exitCode: null };
}

describe("reduce", () => {
  test.each(rows)("%s", (_, before, outcome, changes, report = null) => {
    const frozen = { ...before, attempts: Object.freeze(before.attempts) };
    const next = reduce(Object.freeze(frozen), outcome, now);
    expect(next.progress.attempts).toEqual({ ...before.attempts, ...changes });
    if (report === null) expect(next.report).toBeNull();
    else expect(next.report?.reason.message).toContain(report);
  });
});

test("after a start of the worker the counts come from the master's record", () => {
  const recorded = assigned({ ...policy("always"), restarts: 3, containerId: "c1", lastFailure });
  expect(noAttempts(recorded)).toMatchObject({
    ...{ restarts: 3, streak: 3, hadContainer: true, hasRun: true, lastExitCode: 3, lastFailure },
  });
  const { progress: next } = reduce(progress(recorded), { type: "observed", found: running }, now);
  expect(step(next, now).report).toMatchObject({ restarts: 3, lastFailure });
});

describe("time", () => {
  const tick = (before: Progress, ms: number) => reduce(before, { type: "time" }, ms).progress;

  test("a pause is as long as it is, also if the engine's clock is an hour ahead or the worker's is set back", () => {
    const run = container({ status: "exited", exitCode: 1, startedAt: at(-3590), finishedAt: at(-3600) });
    const first = tick(progress(always, {}, run), now);
    expect(step(first, now).action).toEqual({ type: "wait", until: now + 1000 });
    const second = tick(first, now + 1000);
    expect(step(second, now + 1000).action).toMatchObject({ type: "start" });
    const third = tick(second, now - 7_200_000);
    expect(step(third, now - 7_200_000).action).toEqual({ type: "wait", until: now - 7_199_000 });
  });

  test("a failed action waits no longer than the longest pause", () => {
    expect(tick(progress(null, { retryAt: now + 3_600_000 }), now).attempts.retryAt).toBe(now + 30_000);
    expect(tick(progress(always, { retryAt: now + 3_600_000 }), now).attempts.retryAt).toBe(now + 300_000);
  });

  test("no time that a pause is counted from is later than now", () => {
    const { logReadAt, lostAt } = tick(progress(always, { logReadAt: now + 9, lostAt: now + 9 }), now).attempts;
    expect({ logReadAt, lostAt }).toEqual({ logReadAt: now, lostAt: now });
  });

  test("another run has another end", () => {
    const first = tick(progress(always, {}, ended), now);
    const again = { ...ended, finishedAt: at(2) };
    expect(tick({ ...first, found: again }, now).attempts.endedAt).toEqual({ finishedAt: at(2), ms: now - 2000 });
    expect(tick({ ...first, found: running }, now).attempts.endedAt).toBeNull();
  });
});
