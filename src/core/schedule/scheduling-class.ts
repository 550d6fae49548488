// The keys that group tasks by what the scheduler needs to know of them.

import type { Requirements } from "../../model/task/requirements.ts";
import { parsePlatform } from "./index/node-info.ts";

export interface RequirementKeys {
  /** Equal for tasks that may run on the same nodes, whatever the free capacity: constraints and platform. "" for any. */
  eligibility: string;
  /** Equal for tasks that fix the same host ports. "" for none. */
  ports: string;
  /** Equal for tasks of one scheduling class: they fit the same nodes at any time. */
  schedulingClass: string;
}

/** Requirements are shared by all tasks with equal templates. */
const known = new WeakMap<Requirements, RequirementKeys>();

export function keysOf(requirements: Requirements): RequirementKeys {
  let keys = known.get(requirements);
  if (!keys) {
    const { cpu, memory } = requirements.resources;
    const eligibility = eligibilityKey(requirements);
    const ports = portsKey(requirements);
    keys = { eligibility, ports, schedulingClass: `${cpu.request}|${memory.request}|${ports}|${eligibility}` };
    known.set(requirements, keys);
  }
  return keys;
}

function eligibilityKey({ constraints, platform }: Requirements): string {
  if (constraints.length === 0 && platform === null) return "";
  return `${platform === null ? "" : parsePlatform(platform).join("/")}${JSON.stringify(constraints)}`;
}

function portsKey({ ports }: Requirements): string {
  let key = "";
  for (const { hostIp, hostPort, protocol } of ports) {
    if (hostPort !== null) key += `${hostIp}:${hostPort}/${protocol},`;
  }
  return key;
}
