// The part of a service below deploy, and its restart policy.

import { specDefaults } from "../../../model/task/spec.ts";
import { duration, given, type Service, some, type Workload } from "../values.ts";
import type { Names } from "./storage.ts";

type Constraint = NonNullable<Workload["constraints"]>[number];

export function deployOf(workload: Workload, names: Names): Record<string, unknown> | undefined {
  const isRun = names.isRun(workload.name);
  const service: Partial<Service> = isRun ? {} : (workload as Service);
  const { completions, parallelism } = workload as { completions?: number; parallelism?: number };
  const together = isRun && completions !== undefined && completions === parallelism ? completions : undefined;
  return given({
    mode: isRun ? "replicated-job" : service.mode,
    replicas: isRun ? together : service.replicas,
    update_config: updateOf(service),
    resources: resourcesOf(workload),
    restart_policy: policyOf(workload),
    placement: placementOf(workload),
  });
}

function updateOf({ rollout = {} }: Partial<Service>): Record<string, unknown> | undefined {
  const { parallelism, delayMs, monitorMs, onFailure, order } = rollout;
  return given({
    parallelism,
    delay: duration(delayMs),
    monitor: duration(monitorMs),
    failure_action: onFailure,
    order: order === "auto" ? undefined : order,
  });
}

function resourcesOf({ resources }: Workload): Record<string, unknown> | undefined {
  if (!resources) return undefined;
  const { cpu, memory } = resources;
  const limits = given({
    cpus: cpu.limit === null ? undefined : String(cpu.limit),
    memory: memory.limit === null ? undefined : String(memory.limit),
  });
  // A limit alone reserves as much: less must be said, also nothing.
  const reserved = ({ request, limit }: { request: number; limit: number | null }) =>
    request === (limit ?? 0) ? undefined : String(request);
  const reservations = given({ cpus: reserved(cpu), memory: reserved(memory) });
  return given({ limits, reservations });
}

/** The times that compose has no word for are below x-podling. */
export function hasOwnMaximum({ restartPolicy }: Workload): boolean {
  return restartPolicy !== undefined && restartPolicy.backoffMaxMs !== specDefaults.restartPolicy.backoffMaxMs;
}

function hasOwnTimes({ restartPolicy }: Workload): boolean {
  const usual = specDefaults.restartPolicy;
  if (!restartPolicy) return false;
  const { mode, maxRestarts, backoffInitialMs, resetAfterMs } = restartPolicy;
  const isShort = maxRestarts === null || (mode === "on-failure" && maxRestarts > 0);
  return !isShort || backoffInitialMs !== usual.backoffInitialMs || resetAfterMs !== usual.resetAfterMs;
}

/** `restart`, where that says all. */
export function restartOf(workload: Workload, isRun: boolean): Record<string, unknown> {
  const { restartPolicy } = workload;
  if (!restartPolicy) return { restart: isRun ? "no" : "always" };
  if (hasOwnMaximum(workload) || hasOwnTimes(workload)) return {};
  const { mode, maxRestarts } = restartPolicy;
  if (mode === "never") return { restart: "no" };
  return { restart: maxRestarts === null ? mode : `${mode}:${maxRestarts}` };
}

const conditions = { never: "none", "on-failure": "on-failure", always: "any" } as const;

function policyOf(workload: Workload): Record<string, unknown> | undefined {
  const { restartPolicy } = workload;
  if (!restartPolicy || hasOwnMaximum(workload) || !hasOwnTimes(workload)) return undefined;
  const { mode, maxRestarts, backoffInitialMs, resetAfterMs } = restartPolicy;
  return given({
    condition: conditions[mode],
    max_attempts: maxRestarts,
    delay: duration(backoffInitialMs),
    window: duration(resetAfterMs),
  });
}

function placementOf({ constraints = [], placement }: Workload): Record<string, unknown> | undefined {
  const texts = constraints.map(constraintText);
  const all = texts.every((text) => text !== null) ? some(texts) : undefined;
  return given({
    constraints: all,
    preferences: some(placement?.spread?.map((label) => ({ spread: `node.labels.${label}` }))),
    max_replicas_per_node: placement?.maxPerNode,
  });
}

/** Null for one that only x-podling can say. */
function constraintText(constraint: Constraint): string | null {
  if (constraint.operator === "exists") return null;
  const sign = constraint.operator === "equals" ? "==" : "!=";
  if (constraint.type === "node") return `node.hostname${sign}${constraint.value}`;
  const isPlain = /^[a-zA-Z0-9][a-zA-Z0-9._/-]*$/.test(constraint.key) && /^\S(.*\S)?$/.test(constraint.value);
  return isPlain ? `node.labels.${constraint.key}${sign}${constraint.value}` : null;
}

/** Constraints keep their order: if one needs x-podling, all are there. */
export function extendedConstraints({ constraints = [] }: Workload): readonly Constraint[] | undefined {
  return constraints.some((one) => constraintText(one) === null) ? constraints : undefined;
}
