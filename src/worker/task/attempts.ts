// What a worker remembers of one container between two steps. It is lost with the process: after a start of the worker
// the engine and the master's record say the rest. Only reduce() makes another one.

import { limits } from "../../model/limits.ts";
import type { Reason } from "../../model/task/reason.ts";
import type { LastFailure } from "../../model/task/status.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Health } from "../probes/health.ts";
import type { ContainerAssignment } from "./assignment.ts";
import { recordedStreak } from "./restart-policy.ts";

/** What a runner does for a container; the rest of step()'s actions is waiting. */
export type ActionType = "pull" | "create" | "start" | "stop" | "remove";

export interface Failure {
  readonly reason: Reason;
  readonly error: string;
  /** Of a start that failed, as a shell would give it; null: that of the container. */
  readonly exitCode: number | null;
}

export interface Attempts {
  /** True when the image was pulled, or found, as the pull policy says. */
  readonly imageReady: boolean;
  /** True when the engine refused a create because it does not have the image. */
  readonly imageMissing: boolean;
  /** Pulls since the container was first wanted. */
  readonly pulls: number;
  /** Failed starts and creates before the container has ever run. */
  readonly failedStarts: number;
  /** Failed starts whose port was probably held by a container that is being stopped. */
  readonly heldStarts: number;
  /** Calls in a row that the engine did not answer. */
  readonly unanswered: number;
  /** Nothing that failed is tried again before this time, in ms since the epoch; 0: at once. */
  readonly retryAt: number;
  /** The action that failed, and waits for `retryAt`. Null if the engine was only asked for the container. */
  readonly failedAction: ActionType | null;
  /** True while a start waits for a content that the master has not sent, or could not. */
  readonly lacksContent: boolean;
  /** Restarts in a row: since the last run of at least `resetAfterMs`. */
  readonly streak: number;
  /** Restarts in the task's whole life, as reported. */
  readonly restarts: number;
  /** Restarts on request that are done, or that a later one made up for. */
  readonly requestedRestarts: number;
  /** The restart on request that is under way: the run that it ends, and what its start makes up for. Null: none. */
  readonly requestUnderWay: { readonly startedAt: string | null; readonly count: number } | null;
  /** Who asked for the last restart. Null if it was by policy. */
  readonly restartedBy: string | null;
  /** `startedAt` of the run that the last restart has counted, so that a restart that fails does not count it again. */
  readonly countedRun: string | null;
  /** True while a start is under way that was counted as a restart. */
  readonly startCounted: boolean;
  /**
   * `startedAt` of the sandbox whose network the last start of this worker has joined. Null if there was none: then times say
   * whether the container is in the network that there is now.
   */
  readonly joinedRun: string | null;
  /** The sandbox that the container was made for, as last seen: also after the container is gone. Null if none is known. */
  readonly joined: string | null;
  /** True when the container was stopped, or is removed, to join the network of its sandbox again. */
  readonly rejoins: boolean;
  /** True when there was a container once: one that is missing was then removed by someone else. */
  readonly hadContainer: boolean;
  /** When the last run ended, by this worker's clock and never in its future: the engine's clock may be ahead. */
  readonly endedAt: { readonly finishedAt: string | null; readonly ms: number } | null;
  /** True when the engine cannot start this container any more: it is removed, and another one made after the pause. */
  readonly unusable: boolean;
  /** Of the last run that ended. Null until one has. */
  readonly lastExitCode: number | null;
  /** What the probes of a run said last. Null while nothing was probed. */
  readonly health: Health | null;
  /** The run that is or was stopped because it was unhealthy, and why. Null if the last run was not. */
  readonly unhealthy: { readonly run: string | null; readonly why: string } | null;
  /** Null until a run has ended badly. */
  readonly lastFailure: LastFailure | null;
  /** When a log was last read for `lastFailure`, in ms since the epoch. Null until one was. */
  readonly logReadAt: number | null;
  /** When the worker found the container gone, in ms since the epoch; null while it is there. */
  readonly lostAt: number | null;
  /** True when it has run: from then on the task is running or finished, also between two runs. */
  readonly hasRun: boolean;
  /** True when the master has deleted the record: the container is removed, too. */
  readonly deleted: boolean;
  /** Seconds, from the last assignment: also used after the assignment is gone. */
  readonly graceSeconds: number;
  /** A failure after which nothing is tried any more. Null: none. */
  readonly failure: Failure | null;
}

/** Everything that decides about one container: what is wanted, what the engine has, and what was tried. */
export interface Progress {
  /** Null if the master wants nothing of this container here. */
  readonly assignment: ContainerAssignment | null;
  /** Null if the engine has no such container. */
  readonly found: ContainerState | null;
  readonly attempts: Attempts;
}

/** With what the master's record knows of earlier runs. */
export function noAttempts(assignment: ContainerAssignment | null): Attempts {
  const recorded = assignment?.recorded ?? null;
  return {
    imageReady: false,
    imageMissing: false,
    pulls: 0,
    failedStarts: 0,
    heldStarts: 0,
    unanswered: 0,
    retryAt: 0,
    failedAction: null,
    lacksContent: false,
    streak: recordedStreak(assignment),
    restarts: recorded?.restarts ?? 0,
    requestedRestarts: recorded?.requestedRestarts ?? 0,
    requestUnderWay: null,
    restartedBy: null,
    countedRun: null,
    startCounted: false,
    joinedRun: null,
    joined: null,
    rejoins: false,
    hadContainer: (recorded?.containerId ?? null) !== null,
    endedAt: null,
    unusable: false,
    lastExitCode: recorded?.lastFailure?.exitCode ?? null,
    health: null,
    unhealthy: null,
    lastFailure: recorded?.lastFailure ?? null,
    logReadAt: null,
    lostAt: null,
    hasRun: assignment?.status === "running",
    deleted: false,
    graceSeconds: assignment?.stopGraceSeconds ?? limits.stopGraceSecondsDefault,
    failure: null,
  };
}

export function newProgress(assignment: ContainerAssignment | null): Progress {
  return { assignment, found: null, attempts: noAttempts(assignment) };
}

/** A start under way may prove not to count: until the container runs, the restart is not reported. */
export function countedRestarts({ found, attempts }: Pick<Progress, "found" | "attempts">): number {
  return attempts.restarts - (attempts.startCounted && found?.status !== "running" ? 1 : 0);
}
