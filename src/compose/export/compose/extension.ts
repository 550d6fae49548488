// What goes below x-podling: what compose has no key for.

import { duration, given, type Schedule, type Service, some, type Workload } from "../values.ts";
import { extendedConstraints, hasOwnMaximum } from "./deploy.ts";
import type { Names } from "./storage.ts";

export function extensionOf(workload: Workload, names: Names): Record<string, unknown> | undefined {
  const { placement = {}, priority } = workload;
  const reference = (name: string) => names.reference(name);
  return given({
    ...(names.isRun(workload.name) ? ofRun(workload as Schedule) : ofService(workload as Service)),
    priority,
    constraints: extendedConstraints(workload),
    prefer: some(placement.prefer),
    near: some(placement.near?.map(reference)),
    apart: some(placement.apart?.map(reference)),
    startup: workload.startupProbe,
    liveness: workload.livenessProbe,
    readiness: workload.readinessProbe,
    restart: hasOwnMaximum(workload) ? workload.restartPolicy : undefined,
  });
}

function ofService({ rollout = {}, namespace }: Service): Record<string, unknown> {
  return {
    canary: rollout.canary,
    drain: duration(rollout.drainMs),
    order: rollout.order === "auto" ? "auto" : undefined,
    deadline: duration(rollout.deadlineMs),
    min_ready: duration(rollout.minReadyMs),
    max_surge: rollout.maxSurge,
    max_unavailable: rollout.maxUnavailable,
    max_failures: rollout.maxFailures,
    namespace,
  };
}

/** Also of a job, which has no times. */
function ofRun(run: Partial<Schedule>): Record<string, unknown> {
  const { completions, parallelism } = run;
  const isTogether = completions !== undefined && completions === parallelism;
  return {
    cron: run.cron,
    timezone: run.timezone,
    concurrency: run.concurrency,
    start_deadline: duration(run.startDeadline ?? undefined),
    keep_succeeded: run.keepSucceeded,
    keep_failed: run.keepFailed,
    completions: isTogether ? undefined : completions,
    parallelism: isTogether ? undefined : parallelism,
    indexed: run.indexed,
    backoff_limit: run.backoffLimit,
    active_deadline: duration(run.activeDeadline ?? undefined),
    ttl: duration(run.ttlAfterFinished ?? undefined),
  };
}
