// What follows from an outcome for one container: of an action, of a question to the engine, of an assignment, of time. Pure:
// it returns the next progress and what to report. It decides pauses, counts and failures; step() decides actions.

import { limits } from "../../model/limits.ts";
import type { ReasonCode } from "../../model/task/reason.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Health } from "../probes/health.ts";
import { type ContainerAssignment, isToRun } from "./assignment.ts";
import type { ActionType, Attempts, Progress } from "./attempts.ts";
import {
  backoffMs,
  msOf,
  recordedStreak,
  restartsLeft,
  retryPauseMs,
  runsWell,
  streakAfter,
  wasUnhealthy,
} from "./restart-policy.ts";
import { isAnotherRequest, requestDone, requested } from "./restart-requests.ts";
import { isAstray, type Observation, restartIsDue, waiting } from "./step.ts";

/** Of RuntimeError, what decides about the next try. */
export interface ActionError {
  readonly code: ReasonCode;
  readonly message: string;
  readonly temporary: boolean;
  readonly unusable: boolean;
  readonly exitCode: number | null;
}

export type Outcome =
  /** The master's assignment has changed; null: it wants nothing of this container here. */
  | { type: "assigned"; assignment: ContainerAssignment | null; deleted: boolean }
  /** The engine was asked for the container. */
  | { type: "observed"; found: ContainerState | null }
  /** Time has passed, or the clock was set: comes before each step. */
  | { type: "time" }
  /** The end of the log of the run that has ended; `readAt` in ms since the epoch. */
  | { type: "log-read"; log: readonly string[]; readAt: number }
  /** The result of the probes has changed. */
  | { type: "health"; health: Health }
  | { type: "pulled" }
  /** The engine refused a create because it does not have the image. */
  | { type: "image-missing" }
  | { type: "created" }
  /** The engine is asked to stop it now, for a restart on request. */
  | { type: "stopping-for-restart" }
  /** The engine is asked to stop it now, so that it joins the network of its sandbox again. */
  | { type: "stopping-to-join" }
  /** The engine is asked to remove it now, so that another one joins that network. */
  | { type: "removing-to-join" }
  /** A container on this node has ended: the port that this one waits for may be free. */
  | { type: "port-freed" }
  /** A content that this container names has come: a start that waits for it is tried now. */
  | { type: "content-came" }
  /** The engine is asked to start it now. */
  | { type: "starting"; restart: boolean }
  /** The engine refused an action. `portMayBeFreed`: a container that is being stopped may hold the port. */
  | { type: "failed"; action: ActionType | null; error: ActionError; portMayBeFreed: boolean }
  /** The engine did not answer, or not to the end. */
  | { type: "unanswered"; action: ActionType | null }
  /** The engine has answered all calls since the last step. */
  | { type: "answered" };

export interface Transition {
  progress: Progress;
  /** What to report now; null if there is nothing to say before the next step. */
  report: Observation | null;
}

export function reduce(progress: Progress, outcome: Outcome, now: number): Transition {
  switch (outcome.type) {
    case "assigned":
      return silently(assigned(progress, outcome.assignment, outcome.deleted, now));
    case "observed":
      return silently(observed(progress, outcome.found, now));
    case "time":
      return changed(progress, clockKept(progress, now));
    case "log-read":
      return changed(progress, logRead(progress, outcome.log, outcome.readAt));
    case "health":
      return changed(progress, healthNoted(progress, outcome.health));
    case "pulled":
      return changed(progress, { pulls: progress.attempts.pulls + 1, imageReady: true, imageMissing: false });
    case "image-missing":
      return imageMissing(progress);
    case "created":
      return changed(progress, { hadContainer: true, unusable: false });
    case "stopping-for-restart":
      return changed(progress, requested(progress));
    case "stopping-to-join":
      return changed(progress, { rejoins: true });
    case "removing-to-join":
      // What is created next is no replacement of a container that was lost.
      return changed({ ...progress, found: null }, { hadContainer: false, lostAt: null });
    case "port-freed":
      return changed(progress, waitsForPort(progress.attempts) ? { retryAt: now } : {});
    case "content-came":
      return changed(progress, progress.attempts.lacksContent ? { retryAt: now, lacksContent: false } : {});
    case "starting":
      return changed(progress, starting(progress, outcome.restart));
    case "failed":
      return failed(progress, outcome, now);
    case "unanswered":
      return changed(progress, unanswered(progress, outcome.action, now));
    case "answered":
      return changed(progress, { unanswered: 0, startCounted: false });
  }
}

function changed({ attempts, ...rest }: Progress, change: Partial<Attempts>): Transition {
  return silently({ ...rest, attempts: { ...attempts, ...change } });
}

function silently(progress: Progress): Transition {
  return { progress, report: null };
}

// ---- what is wanted, and what there is

function assigned(
  { assignment: before, found, attempts }: Progress,
  assignment: ContainerAssignment | null,
  deleted: boolean,
  now: number,
): Progress {
  const next = { ...attempts, deleted: attempts.deleted || deleted };
  if (assignment === null) return { assignment, found, attempts: next };
  const { recorded, restartPolicy, stopGraceSeconds, status, restartRequest } = assignment;
  const restarts = recorded?.restarts ?? 0;
  const recordedDone = recorded?.requestedRestarts ?? 0;
  const done = before === null ? Math.max(attempts.requestedRestarts, recordedDone) : attempts.requestedRestarts;
  // A master with an older backup knows of fewer requests than were done: its own count holds then.
  Object.assign(next, { requestedRestarts: done > restartRequest.count ? recordedDone : done });
  const isAnother = before !== null && isAnotherRequest(before.restartRequest, restartRequest);
  // After a restore a new request may have the number of one that was done, or that is under way.
  if (isAnother) {
    const requestedRestarts = Math.min(next.requestedRestarts, restartRequest.count - 1);
    Object.assign(next, { requestedRestarts, requestUnderWay: null });
  }
  // What was tried and given up for the last run does not hold up a restart that a user asks for.
  if (isAnother || (before !== null && before.restartRequest.count < restartRequest.count))
    Object.assign(next, { retryAt: 0 });
  // The worker knew this container from the engine alone: earlier restarts are in the record.
  if (before === null && attempts.restarts < restarts) {
    Object.assign(next, { restarts, streak: recordedStreak(assignment) });
  }
  if (found && runsWell(restartPolicy, found, now)) Object.assign(next, { streak: 0 });
  // An earlier process of this worker began to stop it.
  const wasUnwell = (recorded?.reason?.code ?? assignment.reasonCode) === "unhealthy";
  if (before === null && wasUnwell && attempts.unhealthy === null)
    Object.assign(next, { unhealthy: { run: recorded?.startedAt ?? null, why: "a probe of it had failed" } });
  return {
    assignment,
    found,
    attempts: {
      ...next,
      graceSeconds: stopGraceSeconds,
      lastFailure: attempts.lastFailure ?? recorded?.lastFailure ?? null,
      // One that repeats its work for another sandbox replaces none that was lost.
      hadContainer:
        !(assignment.repeats && !found) && (attempts.hadContainer || (recorded?.containerId ?? null) !== null),
      hasRun: attempts.hasRun || status === "running",
    },
  };
}

function observed({ assignment, found: before, attempts }: Progress, found: ContainerState | null, now: number) {
  const container = found ?? before;
  const well = assignment !== null && container !== null && runsWell(assignment.restartPolicy, container, now);
  const next = {
    ...attempts,
    ...(well ? { streak: 0 } : {}),
    ...requestDone(attempts, found),
    // A later run has ended in another way.
    ...(found?.status === "exited" && !wasUnhealthy(attempts, found) ? { unhealthy: null } : {}),
  };
  if (found === null) return { assignment, found, attempts: before === null ? next : { ...next, lostAt: now } };
  return {
    assignment,
    found,
    attempts: {
      ...next,
      hadContainer: true,
      hasRun: attempts.hasRun || found.startedAt !== null,
      lostAt: null,
      joined: found.joined ?? null,
      rejoins:
        attempts.rejoins && !(found.status === "running" && assignment && !isAstray(assignment, found, attempts)),
      lastExitCode: found.status === "exited" ? found.exitCode : attempts.lastExitCode,
    },
  };
}

/**
 * A clock can be set, and the engine's clock may differ: no time that a pause is counted from may be later than now, since
 * the pause would be as long as the difference. Each is kept at the earliest now since then: with the present now, the
 * pause would never end.
 */
function clockKept({ assignment, found, attempts }: Progress, now: number): Partial<Attempts> {
  const { endedAt, logReadAt, lostAt, retryAt } = attempts;
  const longestPauseMs = Math.max(limits.retryMaxMs, assignment?.restartPolicy.backoffMaxMs ?? 0);
  return {
    endedAt: endOf(found, endedAt, now),
    logReadAt: logReadAt === null ? null : Math.min(logReadAt, now),
    lostAt: lostAt === null ? null : Math.min(lostAt, now),
    retryAt: Math.min(retryAt, now + longestPauseMs),
  };
}

function endOf(found: ContainerState | null, known: Attempts["endedAt"], now: number): Attempts["endedAt"] {
  if (found?.status !== "exited") return null;
  const { finishedAt } = found;
  const ms = known !== null && known.finishedAt === finishedAt ? known.ms : msOf(finishedAt);
  return { finishedAt, ms: Math.min(ms, now) };
}

function logRead({ found }: Progress, log: readonly string[], readAt: number): Partial<Attempts> {
  const { finishedAt = null, exitCode = null } = found ?? {};
  return { logReadAt: readAt, lastFailure: { finishedAt, exitCode, log } };
}

/** Of the run that is under way: what probes say of an earlier one comes too late. */
function healthNoted({ found }: Progress, health: Health): Partial<Attempts> {
  if (found?.startedAt !== health.run) return {};
  const { run, unhealthy: why } = health;
  return { health, ...(why === null ? {} : { unhealthy: { run, why } }) };
}

// ---- actions that went well

/** A restart counts when it begins: one that fails counts, too. */
function starting(progress: Progress, restart: boolean): Partial<Attempts> {
  const joinedRun = progress.assignment?.sandbox?.startedAt ?? null;
  return { ...counted(progress, restart), joinedRun };
}

function counted(progress: Progress, restart: boolean): Partial<Attempts> {
  const { assignment, found, attempts } = progress;
  if (!restart || assignment === null) return { ...requested(progress), startCounted: false };
  if (restartIsDue(assignment, attempts)) {
    // Not by policy: neither its pauses nor its maximum count.
    const counted = { startCounted: true, streak: 0, restarts: attempts.restarts + 1 };
    return { ...requested(progress), ...counted, countedRun: found?.startedAt ?? null };
  }
  if (attempts.rejoins) return rejoined(attempts, found?.startedAt ?? null);
  const streak = found ? streakAfter(assignment.restartPolicy, found, attempts) : attempts.streak;
  return {
    startCounted: true,
    restartedBy: null,
    streak: streak + 1,
    restarts: attempts.restarts + 1,
    countedRun: found?.startedAt ?? null,
  };
}

/** Not by policy, and no failure: a start that fails is tried again, and counts once. */
function rejoined({ restarts, countedRun }: Attempts, run: string | null): Partial<Attempts> {
  const again = run !== null && run === countedRun;
  return { startCounted: false, restartedBy: null, countedRun: run, restarts: again ? restarts : restarts + 1 };
}

function imageMissing(progress: Progress): Transition {
  const { image, pullPolicy } = progress.assignment?.spec ?? { image: "", pullPolicy: "missing" };
  const { pulls } = progress.attempts;
  if (pullPolicy === "never") {
    const message = `${image} is not on this node, and its pull policy is never`;
    return givenUp(progress, { code: "image-not-present", message, exitCode: null });
  }
  if (pulls >= limits.pullAttempts) {
    const message = `${image} is still missing after ${pulls} pulls`;
    return givenUp(progress, { code: "image-not-found", message, exitCode: null });
  }
  return changed(progress, { imageMissing: true });
}

// ---- actions that failed

/** Doubles with each call in a row, so that an engine in trouble is asked less and less often. */
function unanswered({ attempts }: Progress, action: ActionType | null, now: number): Partial<Attempts> {
  return {
    unanswered: attempts.unanswered + 1,
    startCounted: false,
    retryAt: now + retryPauseMs(attempts.unanswered),
    failedAction: action,
  };
}

function failed(
  before: Progress,
  { action, error, portMayBeFreed }: Extract<Outcome, { type: "failed" }>,
  now: number,
): Transition {
  const { assignment } = before;
  // The engine is asked again, and says that there is none.
  if (error.code === "container-lost") return silently(before);
  // It is not to run any more: a failed start is no news, and must not count if it is assigned again.
  if (!isToRun(assignment) && action !== "stop" && action !== "remove") return silently(before);
  const attempts = { ...before.attempts, unanswered: 0, startCounted: false };
  const progress = { ...before, attempts };
  if (assignment === null) return givenUp(progress, error);
  if (error.code === "content-unavailable" || error.code === "volume-missing")
    return somethingMissing(progress, action, error, now);
  if (action === "pull") return pullFailed(progress, error, now);
  if (error.code === "volume-in-use" || (error.code === "port-in-use" && portMayBeFreed))
    return held(progress, before.attempts.startCounted, action, error, now);
  const { restartPolicy } = assignment;
  // The next step removes the container.
  if (error.unusable && restartsLeft(restartPolicy, attempts)) return changed(progress, { unusable: true });
  const starting = error.code === "start-failed" || error.code === "port-in-use" || error.code === "create-failed";
  if (starting && attempts.hasRun && restartPolicy.mode !== "never") {
    // A restart that fails is a run that failed: the policy says whether there is another one, and when.
    const retryAt = now + backoffMs(restartPolicy, attempts.streak);
    return changed(progress, { retryAt, failedAction: action });
  }
  if (starting && error.temporary) return firstStartFailed(progress, assignment, action, error, now);
  return givenUp(progress, error);
}

/** However long it takes: the content or the data may come, and a start that waits for it is no failed one. */
function somethingMissing(progress: Progress, action: ActionType | null, error: ActionError, now: number): Transition {
  const retryAt = now + limits.contentRetryMs;
  const lacksContent = error.code === "content-unavailable";
  const next = changed(progress, { retryAt, failedAction: action, lacksContent }).progress;
  return { progress: next, report: waiting(next, { code: error.code, message: error.message }) };
}

/** It is tried again a few times, then as often as the restart policy says. */
function firstStartFailed(
  progress: Progress,
  { restartPolicy }: ContainerAssignment,
  action: ActionType | null,
  error: ActionError,
  now: number,
): Transition {
  const { code, message } = error;
  const failedStarts = progress.attempts.failedStarts + 1;
  const beyond = failedStarts - limits.startAttempts;
  const change = { failedStarts, failedAction: action };
  if (beyond < 0) {
    const tries = `attempt ${failedStarts} of ${limits.startAttempts} failed`;
    return retried(progress, change, retryPauseMs(failedStarts - 1), code, `${tries}, again`, message, now);
  }
  if (!restartsLeft(restartPolicy, { streak: beyond })) return givenUp(progress, error, change);
  const pauseMs = backoffMs(restartPolicy, beyond);
  return retried(progress, change, pauseMs, code, `attempt ${failedStarts} failed, again`, message, now);
}

function pullFailed(progress: Progress, error: ActionError, now: number): Transition {
  const { message, temporary } = error;
  const pulls = progress.attempts.pulls + 1;
  if (!temporary || pulls >= limits.pullAttempts) return givenUp(progress, error, { pulls });
  const tries = `attempt ${pulls} of ${limits.pullAttempts} failed, again`;
  const change = { pulls, failedAction: "pull" as const };
  return retried(progress, change, retryPauseMs(pulls - 1), "pull-retry", tries, message, now);
}

/** True while a start waits for a port or a volume that another container may hold. */
export function waitsForPort({ heldStarts, retryAt, failedAction }: Attempts): boolean {
  return heldStarts > 0 && retryAt > 0 && (failedAction === "start" || failedAction === "create");
}

/** The port or volume is free when the grace of the other container is over, however long that is: this start does not count. */
function held(
  progress: Progress,
  wasCounted: boolean,
  action: ActionType | null,
  { code, message }: ActionError,
  now: number,
): Transition {
  const { heldStarts, streak, restarts } = progress.attempts;
  const uncounted = wasCounted ? { streak: streak - 1, restarts: restarts - 1 } : {};
  const change = { ...uncounted, heldStarts: heldStarts + 1, failedAction: action };
  const tries = "it may be held by a container that is being stopped: again when that has ended, or";
  return retried(progress, change, retryPauseMs(heldStarts), code, tries, message, now);
}

function retried(
  progress: Progress,
  change: Partial<Attempts>,
  pauseMs: number,
  code: ReasonCode,
  tries: string,
  why: string,
  now: number,
): Transition {
  const next = changed(progress, { ...change, retryAt: now + pauseMs }).progress;
  return { progress: next, report: waiting(next, { code, message: `${tries} in ${pauseMs / 1000} s: ${why}` }) };
}

/** The next step reports it. */
function givenUp(
  progress: Progress,
  { code, message, exitCode }: Pick<ActionError, "code" | "message" | "exitCode">,
  change: Partial<Attempts> = {},
): Transition {
  return changed(progress, { ...change, failure: { reason: { code, message }, error: message, exitCode } });
}
