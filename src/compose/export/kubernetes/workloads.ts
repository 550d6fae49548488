// Services as Deployments, StatefulSets or DaemonSets, jobs as Jobs, schedules as CronJobs.

import { given, type Job, type Schedule, type Service, type Workload } from "../values.ts";
import type { PodContext } from "./container.ts";
import { portName } from "./names.ts";
import { podOf } from "./pod.ts";

type Manifest = Record<string, unknown>;

export function workloadOf(service: Service, name: string, context: PodContext): Manifest {
  const { names, notes } = context;
  const { mode, replicas, restartPolicy, rollout = {} } = service;
  if (restartPolicy && restartPolicy.mode !== "always") notes.say("a pod that ends is always started again");
  notes.without(rollout.canary || undefined, "Kubernetes has no canaries");
  const template = podOf(service, name, context);
  const metadata = { name, labels: names.labels(name) };
  const selector = { matchLabels: names.labels(name) };
  const common = { selector, minReadySeconds: seconds(rollout.minReadyMs), template };
  if (mode === "global") return { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec: given(common)! };
  if (writesVolume(service)) {
    if ((replicas ?? 1) > 1) notes.say("its replicas share one claim: a volume that several nodes can write is needed");
    return {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata,
      spec: given({ replicas: replicas ?? 1, serviceName: name, ...common })!,
    };
  }
  const deadline = seconds(rollout.deadlineMs);
  const spec = { replicas: replicas ?? 1, strategy: strategyOf(rollout), progressDeadlineSeconds: deadline, ...common };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: given(spec)! };
}

const seconds = (ms: number | null | undefined): number | undefined =>
  ms === undefined || ms === null ? undefined : Math.ceil(ms / 1000);

/** One pod at a time may write to it, so that the next one starts when the one before has ended. */
function writesVolume({ mounts = [], containers = [] }: Workload): boolean {
  const all = [...mounts, ...containers.flatMap((one) => one.mounts ?? [])];
  return all.some(({ type, source, readOnly }) => type === "volume" && source !== "" && !readOnly);
}

function strategyOf({
  order,
  parallelism,
  maxSurge,
  maxUnavailable,
}: NonNullable<Service["rollout"]>): Manifest | undefined {
  const step = parallelism === 0 ? "100%" : (parallelism ?? 1);
  if (order === "stop-first")
    return { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: maxUnavailable ?? step } };
  if (order === "start-first" || maxSurge !== undefined || parallelism !== undefined)
    return {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: maxSurge ?? step, maxUnavailable: maxUnavailable ?? 0 },
    };
  return undefined;
}

/** The ports of all containers. Without ports it is headless: its name leads to the pods. */
export function serviceOf(service: Service, name: string, { names }: PodContext): Manifest {
  const ports = [...(service.ports ?? []), ...(service.containers ?? []).flatMap((one) => one.ports ?? [])];
  const listed = new Map(ports.map((port) => [`${port.containerPort}/${port.protocol}`, port]));
  const shown = [...listed.values()].map(({ name: own, containerPort, protocol }) =>
    given({
      name: portName(own, containerPort, protocol),
      port: containerPort,
      protocol: protocol === "tcp" ? undefined : protocol.toUpperCase(),
    }),
  );
  const headless = shown.length === 0 ? { clusterIP: "None" } : {};
  const listedPorts = shown.length === 0 ? {} : { ports: shown };
  const metadata = { name, labels: names.labels(name) };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { ...headless, selector: names.labels(name), ...listedPorts },
  };
}

export function jobOf(job: Job, name: string, context: PodContext): Manifest {
  const metadata = { name, labels: context.names.labels(name) };
  return { apiVersion: "batch/v1", kind: "Job", metadata, spec: jobSpec(job, name, context) };
}

function jobSpec(job: Job, name: string, context: PodContext): Manifest {
  const { completions, parallelism, indexed, backoffLimit, activeDeadline, ttlAfterFinished, restartPolicy } = job;
  const restart = restartPolicy?.mode === "on-failure" ? "OnFailure" : "Never";
  return given({
    completions,
    parallelism,
    completionMode: indexed ? "Indexed" : undefined,
    backoffLimit,
    activeDeadlineSeconds: seconds(activeDeadline),
    ttlSecondsAfterFinished: seconds(ttlAfterFinished),
    template: podOf(job, name, context, restart),
  })!;
}

const concurrencies: Record<string, string> = { allow: "Allow", forbid: "Forbid", replace: "Replace" };

export function cronJobOf(schedule: Schedule, name: string, context: PodContext): Manifest {
  const { cron, timezone, concurrency = "forbid", startDeadline, keepSucceeded, keepFailed } = schedule;
  if (cron.trim().split(/\s+/).length === 6)
    context.notes.say("a schedule of Kubernetes has no seconds: take the first field out");
  if (schedule.indexed) context.notes.say("the variable of the index is JOB_COMPLETION_INDEX");
  const spec = given({
    schedule: cron,
    timeZone: timezone ?? "Etc/UTC",
    concurrencyPolicy: concurrencies[concurrency],
    startingDeadlineSeconds: seconds(startDeadline),
    successfulJobsHistoryLimit: keepSucceeded,
    failedJobsHistoryLimit: keepFailed,
    jobTemplate: { spec: jobSpec(schedule, name, context) },
  });
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, labels: context.names.labels(name) },
    spec: spec!,
  };
}
