// When a container is started again, and after which pause. Pure arithmetic on the restart policy and on one run.

import { doubled } from "../../lib/doubled.ts";
import { limits } from "../../model/limits.ts";
import type { RestartPolicy } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { ContainerAssignment } from "./assignment.ts";

/** The part of the attempts that counts restarts in a row; see attempts.ts. */
interface RestartCount {
  readonly streak: number;
  readonly countedRun: string | null;
}

/** The part of the attempts that says how a run has ended; see attempts.ts. */
interface RunEnd {
  readonly unhealthy: { readonly run: string | null } | null;
}

/** True for a run that was stopped because it was unhealthy: however it ended, it failed. */
export function wasUnhealthy({ unhealthy }: RunEnd, { startedAt }: ContainerState): boolean {
  return unhealthy !== null && unhealthy.run === startedAt;
}

export function restartsLeft({ mode, maxRestarts }: RestartPolicy, { streak }: Pick<RestartCount, "streak">): boolean {
  return mode !== "never" && (maxRestarts === null || streak < maxRestarts);
}

/** The pause before the next restart, in ms: doubles with each restart in a row, up to the policy's maximum. */
export function backoffMs({ backoffInitialMs, backoffMaxMs }: RestartPolicy, streak: number): number {
  return doubled(backoffInitialMs, streak, backoffMaxMs);
}

/** The pause after so many failed tries of the same call, in ms: 0.5 s, 1 s, 2 s, ... up to 30 s. */
export function retryPauseMs(failures: number): number {
  return doubled(limits.retryInitialMs, failures, limits.retryMaxMs);
}

/** True when the container has been running for long enough that earlier restarts no longer count. */
export function runsWell(policy: RestartPolicy, found: ContainerState, now: number): boolean {
  return found.status === "running" && now - msOf(found.startedAt) >= policy.resetAfterMs;
}

/** Restarts in a row, as of the end of this run: a run of at least `resetAfterMs` sets the count to 0. */
export function streakAfter(policy: RestartPolicy, found: ContainerState, attempts: RestartCount): number {
  const ranMs = msOf(found.finishedAt) - msOf(found.startedAt);
  const healthy = ranMs >= policy.resetAfterMs && found.startedAt !== attempts.countedRun;
  return healthy ? 0 : attempts.streak;
}

/**
 * The streak after a start of the worker. The record counts the restarts of the task's whole life, and how many of them
 * were in a row is not recorded. With a maximum the streak is at most one less: a task that restarted now and then for
 * weeks is not given up at its next end, and a task that restarts in a loop gets one restart more.
 */
export function recordedStreak(assignment: ContainerAssignment | null): number {
  const restarts = assignment?.recorded?.restarts ?? 0;
  const maxRestarts = assignment?.restartPolicy.maxRestarts ?? null;
  return maxRestarts === null ? restarts : Math.min(restarts, Math.max(0, maxRestarts - 1));
}

/** True when the policy asks for another run after this one, the maximum aside. */
export function asksForRestart({ mode }: RestartPolicy, found: ContainerState, attempts: RunEnd): boolean {
  return mode === "always" || (mode === "on-failure" && (found.exitCode !== 0 || wasUnhealthy(attempts, found)));
}

/** True when another run follows this one. */
export function runsAgain(policy: RestartPolicy, found: ContainerState, attempts: RestartCount & RunEnd): boolean {
  const streak = streakAfter(policy, found, attempts);
  return asksForRestart(policy, found, attempts) && restartsLeft(policy, { streak });
}

/** 0 for a time that is missing or unreadable. */
export function msOf(timestamp: string | null): number {
  return Date.parse(timestamp ?? "") || 0;
}
