// What to do next for one container, and what to report of it. Pure: it takes what is known and the time, and has no
// effect. The runner asks at a start, on a change and after every action, so nothing depends on having seen an event.

import { limits } from "../../model/limits.ts";
import type { Reason, TaskStatus } from "../../model/task/reason.ts";
import { sandboxContainer } from "../../model/task/spec.ts";
import type { ContainerStatus, ObservedStatus } from "../../model/task/status.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import { type ContainerAssignment, isToRun, type SandboxRun } from "./assignment.ts";
import type { Attempts, Failure, Progress } from "./attempts.ts";
import {
  asksForRestart,
  backoffMs,
  msOf,
  restartsLeft,
  runsAgain,
  streakAfter,
  wasUnhealthy,
} from "./restart-policy.ts";

/**
 * A report on a task, or on one container: the fields of both statuses. Always the whole current state, never an increment.
 */
export interface Observation
  extends Omit<ObservedStatus, "ready" | "containers">,
    Omit<ContainerStatus, "name" | "requestedRestarts" | "status" | "reason" | "ready"> {
  /** For a task of several containers, in place of the fields of one. */
  several?: Pick<ObservedStatus, "ready" | "containers">;
  /** Left out while it is 0: masters of 0.1.0 do not know it. */
  requestedRestarts?: number;
  /** Left out while nothing was probed: the master takes what runs for ready. */
  ready?: boolean;
}

export type Action =
  | { type: "pull" }
  | { type: "create" }
  | { type: "start"; containerId: string; restart: boolean }
  /** It is started again after the stop, `restart`: on request; `rejoin`: because its network is gone. */
  | { type: "stop"; containerId: string; graceSeconds: number; restart?: boolean; rejoin?: boolean }
  /** `rejoin`: another one is made after it, which joins the network that there is. */
  | { type: "remove"; containerId: string; rejoin?: boolean }
  /** Nothing before this time, in ms since the epoch. */
  | { type: "wait"; until: number }
  /** Nothing before something changes. */
  | { type: "none" };

export interface Step {
  action: Action;
  /** What to report before the action; null if there is nothing new. */
  report: Observation | null;
}

const none: Action = { type: "none" };

export function step(progress: Progress, now: number): Step {
  const { assignment, found, attempts } = progress;
  const next =
    assignment === null
      ? unassigned(found, attempts)
      : joining(assignment, found, attempts, assigned(assignment, found, attempts, now));
  const { type } = next.action;
  if (attempts.retryAt <= now || type === "none" || type === "wait") return next;
  // The pause after a failed start or pull must not delay a stop or a removal.
  if ((type === "stop" || type === "remove") && attempts.failedAction !== type) return next;
  // The action has just failed: reduce() has returned the report that says why.
  return { action: { type: "wait", until: attempts.retryAt }, report: null };
}

/** One of several containers: it waits for its turn, and it only starts in the network that there is now. */
function joining(assignment: ContainerAssignment, found: ContainerState | null, attempts: Attempts, next: Step): Step {
  const { hold, sandbox } = assignment;
  const { type } = next.action;
  const starts = type === "create" || type === "start" || type === "pull";
  if (starts && mustWait(assignment, attempts)) {
    const reason: Reason = { code: "waiting-for-dependency", message: assignment.waitsFor! };
    return { action: none, report: { ...waiting({ attempts, found }, reason), ready: false } };
  }
  if (hold !== null && starts) {
    return { action: none, report: waiting({ attempts, found }, { code: "starting", message: hold }) };
  }
  // The engine keeps the network that a container was created with.
  if (type !== "start" || sandbox === null || found === null || found.joined === sandbox.containerId) return next;
  return { action: { type: "remove", containerId: found.containerId, rejoin: true }, report: next.report };
}

/** True when what its service or job depends on is not there. What was stopped in order to be started again is started all the same. */
export function mustWait(assignment: ContainerAssignment, attempts: Attempts): boolean {
  return assignment.waitsFor !== null && !restartIsDue(assignment, attempts) && !attempts.rejoins;
}

/** True when the container runs in a network that is gone: its sandbox has ended or was removed since it started. */
export function isAstray(
  { sandbox }: Pick<ContainerAssignment, "sandbox">,
  found: ContainerState,
  attempts: Pick<Attempts, "joinedRun">,
): boolean {
  if (sandbox === null) return false;
  if (found.joined !== sandbox.containerId) return true;
  return isOlder(sandbox, found, attempts);
}

/** True when the container has ended because it is to join its sandbox again, and not by itself. */
function wasStopped({ sandbox }: ContainerAssignment, found: ContainerState, attempts: Attempts): boolean {
  if (attempts.rejoins) return true;
  // Its run is older than the network, and ended in the time of that.
  return sandbox !== null && isOlder(sandbox, found, attempts) && (found.finishedAt ?? "") > sandbox.startedAt;
}

/** True when its run began before the network. Times say that only after a start of the worker: clocks are set back. */
function isOlder(
  { startedAt }: SandboxRun,
  found: ContainerState,
  { joinedRun }: Pick<Attempts, "joinedRun">,
): boolean {
  return joinedRun === null ? (found.startedAt ?? "") < startedAt : joinedRun !== startedAt;
}

/** Stops what runs, keeps what ended for its logs, and removes what never ran, which has no logs. */
function unassigned(found: ContainerState | null, { deleted, graceSeconds }: Attempts): Step {
  if (found === null) return { action: none, report: null };
  const { containerId } = found;
  if (found.status === "running") return { action: { type: "stop", containerId, graceSeconds }, report: null };
  if (deleted || found.status === "created") return { action: { type: "remove", containerId }, report: null };
  return { action: none, report: null };
}

function assigned(
  assignment: ContainerAssignment,
  found: ContainerState | null,
  attempts: Attempts,
  now: number,
): Step {
  const { restartPolicy } = assignment;
  if (!isToRun(assignment)) return stopping(assignment, found, attempts);
  if (attempts.failure) return { action: none, report: failed(found, attempts, attempts.failure) };
  if (found === null) return absent(assignment, attempts, now);
  if (assignment.repeats && assignment.hold === null && found.status === "exited") {
    return { action: { type: "remove", containerId: found.containerId, rejoin: true }, report: null };
  }
  if (attempts.unusable && found.status !== "running" && restartsLeft(restartPolicy, attempts)) {
    return { action: { type: "remove", containerId: found.containerId }, report: null };
  }
  if (found.status === "created") {
    const again = attempts.hasRun;
    if (again && !restartsLeft(restartPolicy, attempts))
      return { action: none, report: finished(found, attempts, true) };
    return { action: { type: "start", containerId: found.containerId, restart: again }, report: null };
  }
  if (found.status === "running") {
    if (restartIsDue(assignment, attempts)) return restarting(assignment, found, attempts);
    if (isAstray(assignment, found, attempts)) return rejoining(assignment, found, attempts);
    // A replica that is drained is stopped soon anyway, and its open connections may go on.
    if (wasUnhealthy(attempts, found) && assignment.desired === "running") return ending(assignment, found, attempts);
    return { action: none, report: observe(found, attempts, "running", runningReason(found, attempts)) };
  }
  if (restartIsDue(assignment, attempts) || wasStopped(assignment, found, attempts)) {
    return { action: { type: "start", containerId: found.containerId, restart: true }, report: null };
  }
  return ended(assignment, found, attempts, now);
}

/** True when a user has asked for a restart that is not done. */
export function restartIsDue({ restartRequest }: ContainerAssignment, { requestedRestarts }: Attempts): boolean {
  return restartRequest.count > requestedRestarts;
}

function restarting(
  { restartRequest, stopGraceSeconds }: ContainerAssignment,
  found: ContainerState,
  attempts: Attempts,
): Step {
  const message = `restart asked for by ${restartRequest.by}; the container is being stopped`;
  return {
    action: { type: "stop", containerId: found.containerId, graceSeconds: stopGraceSeconds, restart: true },
    report: observe(found, attempts, "running", { code: "restart-requested", message }),
  };
}

/** Its liveness probe, or its startup probe, has failed. */
function ending({ stopGraceSeconds }: ContainerAssignment, found: ContainerState, attempts: Attempts): Step {
  const reason: Reason = { code: "unhealthy", message: `unhealthy, and being stopped: ${attempts.unhealthy!.why}` };
  return {
    action: { type: "stop", containerId: found.containerId, graceSeconds: stopGraceSeconds },
    report: observe(found, attempts, "running", reason),
  };
}

function rejoining({ stopGraceSeconds }: ContainerAssignment, found: ContainerState, attempts: Attempts): Step {
  const message = "the network that it shares was made again, so it is started again in it";
  return {
    action: { type: "stop", containerId: found.containerId, graceSeconds: stopGraceSeconds, rejoin: true },
    report: observe(found, attempts, "running", { code: "restarting", message }),
  };
}

function stopping(assignment: ContainerAssignment, found: ContainerState | null, attempts: Attempts): Step {
  if (found?.status === "running") {
    const { containerId } = found;
    return { action: { type: "stop", containerId, graceSeconds: assignment.stopGraceSeconds }, report: null };
  }
  if (found?.status === "exited") {
    const message = `stopped as asked, with exit code ${found.exitCode}`;
    return { action: none, report: observe(found, attempts, "stopped", { code: "stopped", message }) };
  }
  const when = attempts.hasRun ? "its container was gone already" : "before it ran";
  const reason: Reason = { code: "stopped", message: `stopped as asked; ${when}` };
  return { action: none, report: observe(found, attempts, "stopped", reason) };
}

/** There is no container yet, or someone else removed it: that counts as a run that failed. */
function absent(assignment: ContainerAssignment, attempts: Attempts, now: number): Step {
  const { restartPolicy, spec, repeats } = assignment;
  if (attempts.hadContainer && !repeats) {
    const reason: Reason = attempts.unusable
      ? { code: "start-failed", message: "the engine cannot start its container any more; it gets another one" }
      : { code: "container-lost", message: "its container was removed by someone other than Podling" };
    if (!restartsLeft(restartPolicy, attempts)) {
      return { action: none, report: failed(null, attempts, { reason, error: reason.message, exitCode: null }) };
    }
    const due = (attempts.lostAt ?? 0) + backoffMs(restartPolicy, attempts.streak);
    if (due > now) return pause(null, attempts, due, now, reason.message);
  }
  // Create is tried first, because the image is usually there: if it is missing, the engine says so.
  const pullFirst = attempts.imageMissing || (spec.pullPolicy === "always" && !attempts.imageReady);
  return { action: { type: pullFirst ? "pull" : "create" }, report: null };
}

/**
 * True when a run ended badly and its log has not been read. The log of the last run is always read; those of earlier
 * runs not more often than once in `lastLogIntervalMs`.
 */
export function wantsLog({ assignment, found, attempts }: Progress, now: number): boolean {
  if (assignment === null || !isToRun(assignment) || attempts.failure || found?.status !== "exited") return false;
  // A run that a user has ended did not fail.
  if (restartIsDue(assignment, attempts) || wasStopped(assignment, found, attempts)) return false;
  if (assignment.spec.name === sandboxContainer) return false;
  if (found.exitCode === 0 && !wasUnhealthy(attempts, found)) return false;
  if (attempts.lastFailure?.finishedAt === found.finishedAt) return false;
  if (attempts.logReadAt === null || !runsAgain(assignment.restartPolicy, found, attempts)) return true;
  return now - attempts.logReadAt >= limits.lastLogIntervalMs;
}

function ended({ restartPolicy }: ContainerAssignment, found: ContainerState, attempts: Attempts, now: number): Step {
  if (!runsAgain(restartPolicy, found, attempts)) {
    return { action: none, report: finished(found, attempts, asksForRestart(restartPolicy, found, attempts)) };
  }
  const endedAt = Math.min(attempts.endedAt?.ms ?? msOf(found.finishedAt), now);
  const pauseMs = backoffMs(restartPolicy, streakAfter(restartPolicy, found, attempts));
  const due = Math.max(endedAt + pauseMs, attempts.retryAt);
  if (due > now) return pause(found, attempts, due, now, howItEnded(found, attempts));
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
  const unhealthy = wasUnhealthy(attempts, found);
  const status = found.exitCode === 0 && !gaveUp && !unhealthy ? "completed" : "failed";
  const restarts = gaveUp ? `; given up after ${attempts.restarts} restarts` : "";
  const reason: Reason = {
    code: unhealthy ? "unhealthy" : diedOfMemory(found) ? "oom-killed" : "exited",
    message: `${howItEnded(found, attempts)}${restarts}`,
  };
  return observe(found, attempts, status, reason);
}

/** The engine marks a container when any process in it was killed for memory; it ended of that only if its own was. */
function diedOfMemory({ exitCode, oomKilled }: ContainerState): boolean {
  return oomKilled && exitCode === 137;
}

function howItEnded(found: ContainerState, attempts: Attempts): string {
  const { exitCode, oomKilled, error } = found;
  if (wasUnhealthy(attempts, found)) return `stopped with exit code ${exitCode}: ${attempts.unhealthy!.why}`;
  if (diedOfMemory(found)) return `killed: it used more memory than its limit (exit code ${exitCode})`;
  if (error !== "") return `could not be started again: ${error}`;
  return `exited with code ${exitCode}${oomKilled ? "; another process in it was killed for memory" : ""}`;
}

function runningReason(found: ContainerState, attempts: Attempts): Reason {
  const { health } = attempts;
  const running = runningMessage(attempts);
  if (health === null || health.run !== found.startedAt || health.notReady === null)
    return { code: "running", message: running };
  return { code: "not-ready", message: `${running}; not ready: ${health.notReady}` };
}

function runningMessage({ restarts, lastExitCode, restartedBy, unhealthy }: Attempts): string {
  if (restarts === 0) return "running";
  if (restartedBy !== null) {
    return `running, after ${restarts} ${restarts === 1 ? "restart" : "restarts"}; the last was asked for by ${restartedBy}`;
  }
  const end = unhealthy === null ? `exited with code ${lastExitCode}` : "was unhealthy";
  const before = lastExitCode === null ? "" : `; the run before ${end}`;
  return `running, after ${restarts} ${restarts === 1 ? "restart" : "restarts"}${before}`;
}

function failed(found: ContainerState | null, attempts: Attempts, { reason, error, exitCode }: Failure): Observation {
  const observed = observe(found, attempts, "failed", reason);
  return { ...observed, exitCode: exitCode ?? observed.exitCode, error: error.slice(0, limits.messageLength) };
}

/** Before the container runs, or between runs: the status does not change, the reason does. */
export function waiting({ attempts, found }: Pick<Progress, "attempts" | "found">, reason: Reason): Observation {
  return observe(found, attempts, attempts.hasRun ? "running" : "scheduled", reason);
}

function observe(found: ContainerState | null, attempts: Attempts, status: TaskStatus, reason: Reason): Observation {
  return {
    status,
    reason: { ...reason, message: reason.message.slice(0, limits.reasonLength) },
    ...(attempts.health === null ? {} : { ready: status === "running" && reason.code === "running" }),
    containerId: found?.containerId ?? null,
    exitCode: found?.exitCode ?? null,
    oomKilled: found !== null && diedOfMemory(found),
    restarts: attempts.restarts,
    ...(attempts.requestedRestarts > 0 ? { requestedRestarts: attempts.requestedRestarts } : {}),
    publishedPorts: found?.publishedPorts ?? [],
    startedAt: found?.startedAt ?? null,
    finishedAt: found?.finishedAt ?? null,
    error: found?.error.slice(0, limits.messageLength) || null,
    lastFailure: attempts.lastFailure,
  };
}
