// The statuses of a task, and the codes that say why it has one.

export const taskStatuses = ["pending", "scheduled", "running", "completed", "failed", "stopped"] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const reasonCodes = [
  "waiting", //             created, and the scheduler has not tried yet
  "no-nodes", //            no node is registered, or all are offline
  "no-node-fits", //        the filters of each node say why
  "waiting-for-dependency", // what its service or job depends on is not there yet
  "preempting", //          its capacity is held: tasks with a lower priority are being stopped for it
  "placed",
  "never-started", //       placed for some seconds on a node that has no worker
  "pulling",
  "pull-retry",
  "starting", //            a container of several is not started yet: it waits for others, or they start
  "running",
  "not-ready", //           runs, and its readiness check, or its startup check, has not passed
  "unhealthy", //           its liveness check, or its startup check, has failed
  "restarting", //          ended, and its policy starts it again after a pause
  "restart-requested", //   a user has asked for a restart, which is not done yet
  "exited",
  "oom-killed",
  "image-not-found",
  "image-not-present", //   pullPolicy never
  "registry-denied",
  "registry-unreachable",
  "content-unavailable", // a config of the container has not come, or cannot be had
  "create-failed", //       the engine refused the container
  "start-failed", //        the container did not start: no such command, for example
  "policy-forbidden", //    the policy of the node does not allow it; the master did not know, or a link leads elsewhere
  "port-in-use",
  "volume-in-use", //       a container that is being stopped still has a volume of this one
  "volume-missing", //      the node does not have the data that it must have by the record of the volume
  "engine-unavailable",
  "container-lost", //      removed by someone other than Podling
  "node-lost",
  "node-deregistered",
  "draining", //            a replica that gets no new traffic, and is stopped soon
  "stopping",
  "stopped",
  "reported", //            a worker gave no reason
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

/** Why a task has its status: a code for programs, a sentence with numbers for people. */
export interface Reason {
  code: ReasonCode;
  message: string;
}

export const waitingReason: Reason = Object.freeze({ code: "waiting", message: "waiting for the scheduler" });

/** A task has a node, and nothing was reported of it yet. */
export function placedReason(hostname: string): Reason {
  return { code: "placed", message: `placed on ${hostname}, not started yet` };
}

/** A task has had a node without a worker for some seconds, and nothing was reported of it. */
export function neverStartedReason(hostname: string): Reason {
  const advice = `start one there, or remove the node: podling node rm -f ${hostname}`;
  return {
    code: "never-started",
    message: `placed on ${hostname}, never started here: ${hostname} has no worker; ${advice}`,
  };
}

/** True for a task that is not placed, or not started again, before what its service or job depends on is there. */
export function waitsForDependency({ code }: Reason): boolean {
  return code === "waiting-for-dependency";
}

/** True for a task that was lost with its node. */
export function isLost({ code }: Reason): boolean {
  return code === "node-lost" || code === "node-deregistered";
}

/** True for completed, failed and stopped: no transition leaves these. */
export function isFinished(status: TaskStatus): boolean {
  return status === "completed" || status === "failed" || status === "stopped";
}

/** True when the task takes capacity of a node. */
export function isPlaced(status: TaskStatus): boolean {
  return status === "scheduled" || status === "running";
}
