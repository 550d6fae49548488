// What to do next for one task. Pure: the wish, what the engine has, what was tried, and the time; never an effect.
// At start, on a change and after every action it is the same question, so nothing depends on having seen an event.

import { limits } from "../../model/limits.ts";
import type { LastFailure, PublishedPort, Reason, RestartPolicy, TaskStatus } from "../../model/task/task.ts";
import type { ContainerState } from "../../runtime/runtime.ts";
import type { Assignment } from "./assignment.ts";

/** What the worker remembers of a task between steps. Lost with the process: the rest is the engine's to tell. */
export interface Attempts {
  /** The image has been made sure of, by the pull policy. */
  imageReady: boolean;
  /** The engine said so when the container was to be created. */
  imageMissing: boolean;
  pulls: number;
  /** Starts (or creates) that failed before it ever ran. */
  failedStarts: number;
  /** ms since the epoch before which nothing is tried again; 0: at once. */
  retryAt: number;
  /** What that has to wait for: the action that failed. Null: it was a look. */
  failedAction: Action["type"] | null;
  /** Restarts since the last run that was long enough to count as healthy. */
  streak: number;
  /** Restarts in all, as reported. */
  restarts: number;
  /** `startedAt` of the run that the last restart has counted, so that a restart that fails does not count it again. */
  countedRun: string | null;
  /** It had a container once, so that one that is missing was removed by somebody else. */
  hadContainer: boolean;
  /** When the run that is over ended, by this clock and never in its future: the engine's may be ahead. */
  endedAt: { finishedAt: string | null; ms: number } | null;
  /** Its container will not start again: it is removed, and another one made as after a run that failed. */
  unusable: boolean;
  /** Of the run that ended last; null: none has, as far as this worker knows. */
  lastExitCode: number | null;
  lastFailure: LastFailure | null;
  /** When a log was last read for it, in ms since the epoch; null: never. */
  logReadAt: number | null;
  /** When it was noticed that the container is gone, in ms since the epoch; null: it is not. */
  lostAt: number | null;
  /** It has run: from then on it is running or over, also between two runs. */
  hasRun: boolean;
  /** The record is deleted: the container goes too. */
  deleted: boolean;
  /** Of the last wish, for when there is none any more. */
  graceSeconds: number;
  /** A failure that no further attempt can mend. */
  failure: { reason: Reason; error: string } | null;
}

export function noAttempts(task: Assignment | null): Attempts {
  return {
    imageReady: false,
    imageMissing: false,
    pulls: 0,
    failedStarts: 0,
    retryAt: 0,
    failedAction: null,
    streak: streakOf(task),
    restarts: task?.restarts ?? 0,
    countedRun: null,
    hadContainer: (task?.containerId ?? null) !== null,
    endedAt: null,
    unusable: false,
    lastExitCode: task?.lastFailure?.exitCode ?? null,
    lastFailure: task?.lastFailure ?? null,
    logReadAt: null,
    lostAt: null,
    hasRun: task?.status === "running",
    deleted: false,
    graceSeconds: task?.stopGraceSeconds ?? limits.stopGraceSecondsDefault,
    failure: null,
  };
}

/**
 * Where to begin after a start of the worker: the record counts a whole life, and how many of those restarts were in a
 * row nobody knows any more. At most so many that one more is allowed, lest a task that restarted now and then for weeks
 * is given up at its next end; in a true loop that one is all it gets.
 */
export function streakOf(task: Assignment | null): number {
  if (task === null) return 0;
  const { maxRestarts } = task.restartPolicy;
  return maxRestarts === null ? task.restarts : Math.min(task.restarts, Math.max(0, maxRestarts - 1));
}

/** What the master is to know. Always the whole truth of now, never an increment. */
export interface Observation {
  status: TaskStatus;
  reason: Reason;
  containerId: string | null;
  exitCode: number | null;
  oomKilled: boolean;
  restarts: number;
  publishedPorts: readonly PublishedPort[];
  startedAt: string | null;
  finishedAt: string | null;
  error: string | null;
  lastFailure: LastFailure | null;
}

export type Action =
  | { type: "pull" }
  | { type: "create" }
  | { type: "start"; containerId: string; restart: boolean }
  | { type: "stop"; containerId: string; graceSeconds: number }
  | { type: "remove"; containerId: string }
  /** Nothing until then, in ms since the epoch. */
  | { type: "wait"; until: number }
  | { type: "none" };

export interface Step {
  action: Action;
  /** What to report before the action; null: nothing new to say. */
  report: Observation | null;
}

const none: Action = { type: "none" };

export function step(wish: Assignment | null, found: ContainerState | null, attempts: Attempts, now: number): Step {
  const next = wish === null ? unwanted(found, attempts) : wanted(wish, found, attempts, now);
  const { type } = next.action;
  if (attempts.retryAt <= now || type === "none" || type === "wait") return next;
  // The pause after a start or a pull is no reason to leave standing what is to go.
  if ((type === "stop" || type === "remove") && attempts.failedAction !== type) return next;
  // What was to be done has just failed: whoever saw it fail has reported why.
  return { action: { type: "wait", until: attempts.retryAt }, report: null };
}

/** It is not ours any more: what runs is stopped, what ended is kept for its logs, what never ran has none. */
function unwanted(found: ContainerState | null, { deleted, graceSeconds }: Attempts): Step {
  if (found === null) return { action: none, report: null };
  const { containerId } = found;
  if (found.status === "running") return { action: { type: "stop", containerId, graceSeconds }, report: null };
  if (deleted || found.status === "created") return { action: { type: "remove", containerId }, report: null };
  return { action: none, report: null };
}

function wanted(wish: Assignment, found: ContainerState | null, attempts: Attempts, now: number): Step {
  if (wish.desired === "stopped") return stopping(wish, found, attempts);
  if (attempts.failure) return { action: none, report: failed(found, attempts, attempts.failure) };
  if (found === null) return absent(wish, attempts, now);
  if (attempts.unusable && found.status !== "running" && restartsLeft(wish.restartPolicy, attempts)) {
    return { action: { type: "remove", containerId: found.containerId }, report: null };
  }
  if (found.status === "created") {
    const again = attempts.hasRun;
    if (again && !restartsLeft(wish.restartPolicy, attempts))
      return { action: none, report: finished(found, attempts, true) };
    return { action: { type: "start", containerId: found.containerId, restart: again }, report: null };
  }
  if (found.status === "running") {
    const reason: Reason = { code: "running", message: runningMessage(attempts) };
    return { action: none, report: observe(found, attempts, "running", reason) };
  }
  return ended(wish, found, attempts, now);
}

function stopping(wish: Assignment, found: ContainerState | null, attempts: Attempts): Step {
  if (found?.status === "running") {
    const { containerId } = found;
    return { action: { type: "stop", containerId, graceSeconds: wish.stopGraceSeconds }, report: null };
  }
  if (found?.status === "exited") {
    const message = `stopped as asked, with exit code ${found.exitCode}`;
    return { action: none, report: observe(found, attempts, "stopped", { code: "stopped", message }) };
  }
  const when = attempts.hasRun ? "its container was gone already" : "before it ran";
  const reason: Reason = { code: "stopped", message: `stopped as asked; ${when}` };
  return { action: none, report: observe(found, attempts, "stopped", reason) };
}

/**
 * Clocks jump, and the engine has its own: no moment that a pause is counted from may lie ahead of now, or the pause
 * would be as long as the jump. Remembered, since counting from now anew at each look would never end.
 */
export function keepClock(
  wish: Assignment | null,
  found: ContainerState | null,
  attempts: Attempts,
  now: number,
): void {
  if (found?.status !== "exited") attempts.endedAt = null;
  else if (attempts.endedAt?.finishedAt !== found.finishedAt) {
    attempts.endedAt = { finishedAt: found.finishedAt, ms: msOf(found.finishedAt) };
  }
  if (attempts.endedAt) attempts.endedAt.ms = Math.min(attempts.endedAt.ms, now);
  if (attempts.logReadAt !== null) attempts.logReadAt = Math.min(attempts.logReadAt, now);
  if (attempts.lostAt !== null) attempts.lostAt = Math.min(attempts.lostAt, now);
  const longest = Math.max(limits.retryMaxMs, wish?.restartPolicy.backoffMaxMs ?? 0);
  attempts.retryAt = Math.min(attempts.retryAt, now + longest);
}

/** No container yet, or somebody removed it: then that counts as a run that failed. */
function absent(wish: Assignment, attempts: Attempts, now: number): Step {
  if (attempts.hadContainer) {
    const reason: Reason = attempts.unusable
      ? { code: "start-failed", message: "the engine could not start its container any more; it gets another" }
      : { code: "container-lost", message: "its container was removed behind Podling's back" };
    if (!restartsLeft(wish.restartPolicy, attempts)) {
      return { action: none, report: failed(null, attempts, { reason, error: reason.message }) };
    }
    const due = (attempts.lostAt ?? 0) + backoffMs(wish.restartPolicy, attempts.streak);
    if (due > now) return pause(null, attempts, due, now, reason.message);
  }
  // The common case is tried first: where the image is missing, create says so.
  const pullFirst = attempts.imageMissing || (wish.pullPolicy === "always" && !attempts.imageReady);
  return { action: { type: pullFirst ? "pull" : "create" }, report: null };
}

/** A run ended badly, and what it wrote has not been read: at each last run, else not more often than an interval says. */
export function wantsLog(
  wish: Assignment | null,
  found: ContainerState | null,
  attempts: Attempts,
  now: number,
): boolean {
  if (wish?.desired !== "running" || attempts.failure || found?.status !== "exited") return false;
  if (found.exitCode === 0 && !found.oomKilled) return false;
  if (attempts.lastFailure?.finishedAt === found.finishedAt) return false;
  if (attempts.logReadAt === null || !goesOn(wish, found, attempts)) return true;
  return now - attempts.logReadAt >= limits.lastLogIntervalMs;
}

function startsAgain({ restartPolicy: { mode } }: Assignment, { exitCode }: ContainerState): boolean {
  return mode === "always" || (mode === "on-failure" && exitCode !== 0);
}

function goesOn(wish: Assignment, found: ContainerState, attempts: Attempts): boolean {
  const streak = streakAfter(wish.restartPolicy, found, attempts);
  return startsAgain(wish, found) && restartsLeft(wish.restartPolicy, { streak });
}

function ended(wish: Assignment, found: ContainerState, attempts: Attempts, now: number): Step {
  const streak = streakAfter(wish.restartPolicy, found, attempts);
  if (!goesOn(wish, found, attempts)) {
    return { action: none, report: finished(found, attempts, startsAgain(wish, found)) };
  }
  const ended = Math.min(attempts.endedAt?.ms ?? msOf(found.finishedAt), now);
  const due = Math.max(ended + backoffMs(wish.restartPolicy, streak), attempts.retryAt);
  if (due > now) return pause(found, attempts, due, now, howItEnded(found));
  return { action: { type: "start", containerId: found.containerId, restart: true }, report: null };
}

/** Between two runs. */
function pause(found: ContainerState | null, attempts: Attempts, due: number, now: number, why: string): Step {
  const message = `${why}; restart ${attempts.restarts + 1} in ${Math.ceil((due - now) / 1000)} s`;
  const status = attempts.hasRun || found !== null ? "running" : "scheduled";
  return {
    action: { type: "wait", until: due },
    report: observe(found, attempts, status, { code: "restarting", message }),
  };
}

function finished(found: ContainerState, attempts: Attempts, gaveUp: boolean): Observation {
  const status = found.exitCode === 0 && !gaveUp ? "completed" : "failed";
  const restarts = gaveUp ? `; given up after ${attempts.restarts} restarts` : "";
  const reason: Reason = {
    code: found.oomKilled ? "oom-killed" : "exited",
    message: `${howItEnded(found)}${restarts}`,
  };
  return observe(found, attempts, status, reason);
}

function howItEnded({ exitCode, oomKilled, error }: ContainerState): string {
  if (oomKilled) return `killed: it used more memory than its limit (exit code ${exitCode})`;
  return error === "" ? `exited with code ${exitCode}` : `could not be started again: ${error}`;
}

function runningMessage({ restarts, lastExitCode }: Attempts): string {
  if (restarts === 0) return "running";
  const before = lastExitCode === null ? "" : `; the run before exited with code ${lastExitCode}`;
  return `running, after ${restarts} ${restarts === 1 ? "restart" : "restarts"}${before}`;
}

export function restartsLeft({ mode, maxRestarts }: RestartPolicy, { streak }: Pick<Attempts, "streak">): boolean {
  return mode !== "never" && (maxRestarts === null || streak < maxRestarts);
}

/** Doubles with each restart, up to the cap. */
export function backoffMs({ backoffInitialMs, backoffMaxMs }: RestartPolicy, streak: number): number {
  return Math.min(backoffMaxMs, backoffInitialMs * 2 ** Math.min(streak, 30));
}

/** It has been running for long enough to forget the restarts before. */
export function runsWell(policy: RestartPolicy, found: ContainerState, now: number): boolean {
  return found.status === "running" && now - msOf(found.startedAt) >= policy.resetAfterMs;
}

/** Restarts in a row, as of the end of this run: a long run begins the count anew. */
export function streakAfter(policy: RestartPolicy, found: ContainerState, attempts: Attempts): number {
  const ranMs = msOf(found.finishedAt) - msOf(found.startedAt);
  const healthy = ranMs >= policy.resetAfterMs && found.startedAt !== attempts.countedRun;
  return healthy ? 0 : attempts.streak;
}

function msOf(timestamp: string | null): number {
  return Date.parse(timestamp ?? "") || 0;
}

function failed(found: ContainerState | null, attempts: Attempts, why: { reason: Reason; error: string }): Observation {
  return { ...observe(found, attempts, "failed", why.reason), error: why.error.slice(0, limits.messageLength) };
}

/** Before the container runs, or between runs: the same status with another reason. */
export function waitingObservation(attempts: Attempts, found: ContainerState | null, reason: Reason): Observation {
  return observe(found, attempts, attempts.hasRun ? "running" : "scheduled", reason);
}

function observe(found: ContainerState | null, attempts: Attempts, status: TaskStatus, reason: Reason): Observation {
  return {
    status,
    reason: { ...reason, message: reason.message.slice(0, limits.messageLength) },
    containerId: found?.containerId ?? null,
    exitCode: found?.exitCode ?? null,
    oomKilled: found?.oomKilled ?? false,
    restarts: attempts.restarts,
    publishedPorts: found?.publishedPorts ?? [],
    startedAt: found?.startedAt ?? null,
    finishedAt: found?.finishedAt ?? null,
    error: found?.error.slice(0, limits.messageLength) || null,
    lastFailure: attempts.lastFailure,
  };
}
