// What the scheduler computes once for all tasks with equal requirements: what they take, and the keys that group them.

import type { Requirements } from "../../model/task/requirements.ts";
import type { Constraint } from "../../model/task/spec.ts";
import { type Demand, demandOf, platformName } from "./index/node-info.ts";

export interface SchedulingClass {
  requirements: Requirements;
  /** Equal for tasks of one scheduling class: they fit the same nodes at any time. */
  key: string;
  /** Equal for tasks that may run on the same nodes, whatever the free capacity: constraints and platform. "" for any. */
  eligibility: string;
  /** Eligibility and fixed host ports. "" for neither: any node with enough free cpu and memory fits. */
  particulars: string;
  demand: Demand;
  constraints: readonly Constraint[];
  /** With Docker's name of the architecture; null for any. */
  platform: string | null;
}

/** Requirements are shared by all tasks with equal templates. */
const known = new WeakMap<Requirements, SchedulingClass>();

/** The last answer: a task is placed right after its node is chosen. */
let last: SchedulingClass | null = null;

export function classOf(requirements: Requirements): SchedulingClass {
  if (last !== null && last.requirements === requirements) return last;
  let found = known.get(requirements);
  if (!found) {
    found = computed(requirements);
    known.set(requirements, found);
  }
  last = found;
  return found;
}

function computed(requirements: Requirements): SchedulingClass {
  const { cpu, memory } = requirements.resources;
  const { constraints } = requirements;
  const platform = requirements.platform === null ? null : platformName(requirements.platform);
  const eligibility =
    constraints.length === 0 && platform === null ? "" : `${platform ?? ""}${JSON.stringify(constraints)}`;
  const ports = portsKey(requirements);
  const particulars = ports === "" ? eligibility : `${eligibility} ${ports}`;
  const key = `${cpu.request}|${memory.request}|${ports}|${eligibility}`;
  return { requirements, key, eligibility, particulars, demand: demandOf(requirements), constraints, platform };
}

function portsKey({ ports }: Requirements): string {
  let key = "";
  for (const { hostIp, hostPort, protocol } of ports) {
    if (hostPort !== null) key += `${hostIp}:${hostPort}/${protocol},`;
  }
  return key;
}
