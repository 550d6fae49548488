// What of a task matters to the scheduler. Two tasks of one shape fit the same nodes.

import type { Requirements } from "../../model/task/requirements.ts";
import { parsePlatform } from "./index/node-info.ts";

type Shaped = Pick<Requirements, "resources" | "ports" | "constraints" | "platform">;

/** Which nodes may hold it for good, whatever their room: constraints and platform. "" for any. */
export function eligibilityKey({ constraints, platform }: Pick<Requirements, "constraints" | "platform">): string {
  if (constraints.length === 0 && platform === null) return "";
  return `${platform === null ? "" : parsePlatform(platform).join("/")}${JSON.stringify(constraints)}`;
}

/** The host ports that it must have. "" for none. */
export function portsKey({ ports }: Pick<Requirements, "ports">): string {
  let key = "";
  for (const { hostIp, hostPort, protocol } of ports) {
    if (hostPort !== null) key += `${hostIp}:${hostPort}/${protocol},`;
  }
  return key;
}

/** The same key: the same to the scheduler. */
export function schedulingClassKey(task: Shaped): string {
  const { cpu, memory } = task.resources;
  return `${cpu.request}|${memory.request}|${portsKey(task)}|${eligibilityKey(task)}`;
}
