// The keys that group tasks by what the scheduler needs to know of them.

import type { Requirements } from "../../model/task/requirements.ts";
import { parsePlatform } from "./index/node-info.ts";

/** Tasks with the same key may run on the same nodes, whatever the free capacity: constraints and platform. "" for any. */
export function eligibilityKey({ constraints, platform }: Pick<Requirements, "constraints" | "platform">): string {
  if (constraints.length === 0 && platform === null) return "";
  return `${platform === null ? "" : parsePlatform(platform).join("/")}${JSON.stringify(constraints)}`;
}

/** Tasks with the same key fix the same host ports. "" for none. */
export function portsKey({ ports }: Pick<Requirements, "ports">): string {
  let key = "";
  for (const { hostIp, hostPort, protocol } of ports) {
    if (hostPort !== null) key += `${hostIp}:${hostPort}/${protocol},`;
  }
  return key;
}

/** Tasks with the same key are of one scheduling class: they fit the same nodes at any time. */
export function schedulingClassKey(requirements: Requirements): string {
  const { cpu, memory } = requirements.resources;
  return `${cpu.request}|${memory.request}|${portsKey(requirements)}|${eligibilityKey(requirements)}`;
}
