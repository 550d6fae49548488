// What to do next for one task. Pure: the wish, what the engine has, what was tried, and the time; never an effect.
// At start, on a change and after every action it is the same question, so nothing depends on having seen an event.

import { limits } from "../model/limits.ts";
import type { PublishedPort, Reason, RestartPolicy, Task, TaskStatus } from "../model/task.ts";
import type { ContainerState } from "../runtime/runtime.ts";

/** What the worker remembers of a task between steps. Lost with the process: the rest is the engine's to tell. */
export interface Attempts {
  /** The image has been made sure of, by the pull policy. */
  imageReady: boolean;
  /** The engine said so when the container was to be created. */
  imageMissing: boolean;
  pulls: number;
  /** ms since the epoch before which nothing is tried again; 0: at once. */
  retryAt: number;
  /** Restarts since the last run that was long enough to count as healthy. */
  streak: number;
  /** Restarts in all, as reported. */
  restarts: number;
  /** It had a container once, so that one that is missing was removed by somebody else. */
  hadContainer: boolean;
  /** A failure that no further attempt can mend. */
  failure: { reason: Reason; error: string } | null;
}

export function noAttempts(task: Task | null): Attempts {
  return {
    imageReady: false,
    imageMissing: false,
    pulls: 0,
    retryAt: 0,
    streak: task?.restarts ?? 0,
    restarts: task?.restarts ?? 0,
    hadContainer: (task?.containerId ?? null) !== null,
    failure: null,
  };
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

export function step(wish: Task | null, found: ContainerState | null, attempts: Attempts, now: number): Step {
  if (wish === null) return unwanted(found);
  if (wish.desired === "stopped") return stopping(wish, found, attempts);
  if (attempts.failure) return { action: none, report: failed(found, attempts, attempts.failure) };
  if (found === null) return absent(wish, attempts, now);
  if (found.status === "created") {
    if (attempts.retryAt > now) return { action: { type: "wait", until: attempts.retryAt }, report: null };
    return { action: { type: "start", containerId: found.containerId, restart: false }, report: null };
  }
  if (found.status === "running") {
    return {
      action: none,
      report: observe(found, attempts, "running", { code: "running", message: runningMessage(attempts) }),
    };
  }
  return ended(wish, found, attempts, now);
}

/** It is not ours any more: what runs is stopped, what ended is kept for its logs, what never ran has none. */
function unwanted(found: ContainerState | null): Step {
  if (found === null || found.status === "exited") return { action: none, report: null };
  const { containerId } = found;
  if (found.status === "created") return { action: { type: "remove", containerId }, report: null };
  return { action: { type: "stop", containerId, graceSeconds: limits.stopGraceSecondsDefault }, report: null };
}

function stopping(wish: Task, found: ContainerState | null, attempts: Attempts): Step {
  if (found?.status === "running") {
    return {
      action: { type: "stop", containerId: found.containerId, graceSeconds: wish.stopGraceSeconds },
      report: null,
    };
  }
  if (found?.status === "exited") {
    const message = `stopped as asked, with exit code ${found.exitCode}`;
    return { action: none, report: observe(found, attempts, "stopped", { code: "stopped", message }) };
  }
  const reason: Reason = { code: "stopped", message: "stopped as asked, before it ran" };
  return { action: none, report: observe(found, attempts, "stopped", reason) };
}

/** No container yet, or somebody removed it. */
function absent(wish: Task, attempts: Attempts, now: number): Step {
  if (attempts.hadContainer && !restartsLeft(wish.restartPolicy, attempts)) {
    const reason: Reason = { code: "container-lost", message: "its container was removed behind Podling's back" };
    return { action: none, report: failed(null, attempts, { reason, error: reason.message }) };
  }
  if (attempts.retryAt > now) return { action: { type: "wait", until: attempts.retryAt }, report: null };
  // The common case is tried first: where the image is missing, create says so.
  const pullFirst = attempts.imageMissing || (wish.pullPolicy === "always" && !attempts.imageReady);
  return { action: { type: pullFirst ? "pull" : "create" }, report: null };
}

function ended(wish: Task, found: ContainerState, attempts: Attempts, now: number): Step {
  const code = found.exitCode ?? 0;
  const ran = lastRunMs(found);
  const healthy = ran >= wish.restartPolicy.resetAfterMs;
  const counted = healthy ? { ...attempts, streak: 0 } : attempts;
  const wanted = wish.restartPolicy.mode === "always" || (wish.restartPolicy.mode === "on-failure" && code !== 0);
  if (!wanted || !restartsLeft(wish.restartPolicy, counted)) {
    return { action: none, report: finished(found, attempts, wanted) };
  }
  const due = Date.parse(found.finishedAt ?? "") + backoffMs(wish.restartPolicy, counted.streak);
  if (!(due > now)) return { action: { type: "start", containerId: found.containerId, restart: true }, report: null };
  const message = `${howItEnded(found)}; restart ${attempts.restarts + 1} in ${Math.ceil((due - now) / 1000)} s`;
  return {
    action: { type: "wait", until: due },
    report: observe(found, attempts, "running", { code: "restarting", message }),
  };
}

function finished(found: ContainerState, attempts: Attempts, gaveUp: boolean): Observation {
  const code = found.exitCode ?? 0;
  const status = code === 0 && !gaveUp ? "completed" : "failed";
  const restarts = gaveUp ? `; given up after ${attempts.restarts} restarts` : "";
  const reason: Reason = {
    code: found.oomKilled ? "oom-killed" : "exited",
    message: `${howItEnded(found)}${restarts}`,
  };
  return observe(found, attempts, status, reason);
}

function howItEnded({ exitCode, oomKilled }: ContainerState): string {
  if (oomKilled) return `killed: it used more memory than its limit (exit code ${exitCode})`;
  return `exited with code ${exitCode}`;
}

function runningMessage({ restarts }: Attempts): string {
  return restarts === 0 ? "running" : `running, after ${restarts} ${restarts === 1 ? "restart" : "restarts"}`;
}

function restartsLeft({ mode, maxRestarts }: RestartPolicy, { streak }: Attempts): boolean {
  return mode !== "never" && (maxRestarts === null || streak < maxRestarts);
}

/** Doubles with each restart, up to the cap. */
export function backoffMs({ backoffInitialMs, backoffMaxMs }: RestartPolicy, streak: number): number {
  return Math.min(backoffMaxMs, backoffInitialMs * 2 ** Math.min(streak, 30));
}

/** How long the last run lasted, in ms; 0 where the engine does not say. */
export function lastRunMs({ startedAt, finishedAt }: ContainerState): number {
  return startedAt && finishedAt ? Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) : 0;
}

function failed(found: ContainerState | null, attempts: Attempts, why: { reason: Reason; error: string }): Observation {
  return { ...observe(found, attempts, "failed", why.reason), error: why.error.slice(0, limits.messageLength) };
}

/** Before the container runs: the same status with another reason. */
export function waitingObservation(status: TaskStatus, reason: Reason, attempts: Attempts): Observation {
  return observe(null, attempts, status, reason);
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
    error: found?.error || null,
  };
}
