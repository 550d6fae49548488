// Restarts that users have asked for: which one is under way for a container, and which are done. Pure.

import type { ContainerState } from "../../runtime/containers.ts";
import type { RestartRequest } from "./assignment.ts";
import type { Attempts, Progress } from "./attempts.ts";
import { restartIsDue } from "./step.ts";

/** True when another request has the same number. Without a time it is taken for the one before. */
export function isAnotherRequest(before: RestartRequest, now: RestartRequest): boolean {
  return now.count === before.count && now.askedAt !== null && now.askedAt !== before.askedAt;
}

/** A run that began after the one that the request was to end. */
export function requestDone({ requestUnderWay }: Attempts, found: ContainerState | null): Partial<Attempts> {
  if (requestUnderWay === null || found?.status !== "running") return {};
  if (found.startedAt === requestUnderWay.startedAt) return {};
  return { requestedRestarts: requestUnderWay.count, requestUnderWay: null };
}

/** The restart that is due begins: with the stop of this run, or with the next start if there is none. */
export function requested({ assignment, found, attempts }: Progress): Partial<Attempts> {
  if (assignment === null || !restartIsDue(assignment, attempts)) return {};
  const { count, by } = assignment.restartRequest;
  const startedAt = attempts.requestUnderWay?.startedAt ?? found?.startedAt ?? null;
  return { requestUnderWay: { startedAt, count }, restartedBy: by };
}
