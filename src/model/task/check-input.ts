// Checks of the input for a task that a schema of one field cannot make.

import { addressesOverlap } from "../../lib/ip-address.ts";
import { ok } from "../../lib/result.ts";
import { limits } from "../limits.ts";
import { formatMemory } from "../quantity.ts";
import { type Outcome, refuse } from "../refusal.ts";
import { contentMistake } from "./check-contents.ts";
import { type ContainerFields, mountOptionMistake, optionMistake } from "./check-options.ts";
import { podMistake } from "./check-pod.ts";
import type { Mistake } from "./mistake.ts";
import { normalPath } from "./needs.ts";
import { containerDefaults } from "./spec.ts";
import type { ParsedTaskInput } from "./task-input.ts";

/** Refuses input of the right shape that no engine could run. */
export function checkTaskInput(input: ParsedTaskInput): Outcome<ParsedTaskInput> {
  const mistake =
    input.containers || input.initContainers ? podMistake(input, containerMistake) : containerMistake(input);
  if (mistake === null) return ok(input);
  const { field, message, hint } = mistake;
  return refuse("unprocessable", `${field}: ${message}`, { hint, details: { field } });
}

/** The first mistake in the fields of one container; null if there is none. */
function containerMistake(input: ContainerFields): Mistake | null {
  return (
    amountMistake(input) ?? portMistake(input) ?? optionMistake(input) ?? mountMistake(input) ?? contentMistake(input)
  );
}

function amountMistake({ resources = containerDefaults.resources }: ContainerFields): Mistake | null {
  for (const kind of ["cpu", "memory"] as const) {
    const { request, limit } = resources[kind];
    if (limit !== null && request > limit) {
      const shown = (value: number) => (kind === "cpu" ? String(value) : formatMemory(value));
      return {
        field: `resources.${kind}`,
        message: `the request (${shown(request)}) is larger than the limit (${shown(limit)})`,
        hint: "Lower the request or raise the limit.",
      };
    }
  }
  const memoryLimit = resources.memory.limit;
  if (memoryLimit !== null && memoryLimit < limits.memoryLimitMinBytes) {
    return {
      field: "resources.memory",
      message: `a limit of ${formatMemory(memoryLimit)} is less than the ${formatMemory(limits.memoryLimitMinBytes)} that an engine accepts`,
      hint: 'Write a unit: "512m" or "512Mi"; a bare number counts bytes.',
    };
  }
  const cpuLimit = resources.cpu.limit;
  if (cpuLimit !== null && cpuLimit < limits.cpuLimitMin) {
    return {
      field: "resources.cpu",
      message: `a limit of ${cpuLimit} cores is less than the ${limits.cpuLimitMin} that an engine accepts`,
      hint: 'Write cores: "500m" or 0.5.',
    };
  }
  return null;
}

export function portMistake({ ports = [] }: Pick<ContainerFields, "ports">): Mistake | null {
  for (const [index, port] of ports.entries()) {
    const other = ports.slice(0, index).find((one) => holdsSamePort(one, port));
    if (other === undefined) continue;
    const { hostIp, hostPort, protocol } = port;
    const clash = other.hostIp === hostIp ? "is asked for twice" : `is also taken by ${other.hostIp}:${hostPort}`;
    const message = `${hostIp}:${hostPort}/${protocol} ${clash}`;
    return { field: `ports[${index}]`, message, hint: "Give each port its own hostPort." };
  }
  return null;
}

type Port = NonNullable<ContainerFields["ports"]>[number];

function holdsSamePort(left: Port, right: Port): boolean {
  if (left.hostPort === null || left.hostPort !== right.hostPort || left.protocol !== right.protocol) return false;
  return addressesOverlap(left.hostIp, right.hostIp);
}

function mountMistake({ mounts = [] }: ContainerFields): Mistake | null {
  const wrong = (field: string, message: string, hint: string): Mistake => ({ field, message, hint });
  const targets = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const field = `mounts[${index}]`;
    // The engine compares paths in this form.
    const target = normalPath(mount.target);
    if (target === "/")
      return wrong(`${field}.target`, "nothing can be mounted on /", "Choose a folder, such as /data.");
    if (targets.has(target)) return wrong(field, `${target} is mounted twice`, "Give each its own target.");
    targets.add(target);
    if (mount.type === "bind" && !mount.source.startsWith("/")) {
      return wrong(`${field}.source`, "a bind mount needs an absolute path on the node", 'Begin it with "/".');
    }
    if (mount.type === "volume" && !/^([a-zA-Z0-9][a-zA-Z0-9_.-]{0,254})?$/.test(mount.source)) {
      return wrong(`${field}.source`, "a volume needs a name of letters, digits, '_', '.' and '-'", "Name the volume.");
    }
    if (mount.type === "tmpfs" && mount.source !== "") {
      return wrong(`${field}.source`, "a tmpfs mount has no source", "Leave source out.");
    }
    if (mount.type === "shared" && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(mount.source)) {
      return wrong(
        `${field}.source`,
        "a shared folder needs a name of at most 63 letters, digits, '_', '.' and '-'",
        "Name it: every container of the task that mounts this name sees the same folder.",
      );
    }
    const mistake = mountOptionMistake(mount, field);
    if (mistake) return mistake;
  }
  return null;
}
