// What of a task matters to the scheduler. Two tasks of one shape fit the same nodes.

import type { TaskSpec } from "../../model/task.ts";
import { parsePlatform } from "./slot.ts";

type Shaped = Pick<TaskSpec, "resources" | "ports" | "constraints" | "platform">;

/** Which nodes may hold it for good, whatever their room: constraints and platform. "" for any. */
export function eligibilityKey({ constraints, platform }: Shaped): string {
  if (constraints.length === 0 && platform === null) return "";
  return `${platform === null ? "" : parsePlatform(platform).join("/")}${JSON.stringify(constraints)}`;
}

export function shapeKey(task: Shaped): string {
  const { resources, ports } = task;
  const room = `${resources.cpu.request}|${resources.memory.request}`;
  const fixed = ports.filter(({ hostPort }) => hostPort !== null);
  const taken = fixed.map(({ hostIp, hostPort, protocol }) => `${hostIp}:${hostPort}/${protocol}`).join(",");
  return `${room}|${taken}|${eligibilityKey(task)}`;
}
