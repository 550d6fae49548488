// Short constructors for nodes and tasks, for the tests of this folder.

import type { NodeId } from "../../model/ids.ts";
import { type NodeRecord, nodeDefaults } from "../../model/node/node.ts";
import type { Needs } from "../../model/task/needs.ts";
import type { Requirements, VolumeUse } from "../../model/task/requirements.ts";
import type { Constraint, PortSpec } from "../../model/task/spec.ts";
import { ScheduleIndex } from "./index/schedule-index.ts";

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;

/** "n2" has the id node-000000n2. */
export function idOf(hostname: string): NodeId {
  return `node-${hostname.padStart(8, "0")}` as NodeId;
}

export function node(hostname: string, set: Partial<NodeRecord> = {}): NodeRecord {
  return {
    ...nodeDefaults,
    nodeId: idOf(hostname),
    hostname,
    port: 8081,
    address: "127.0.0.1",
    capacity: 10,
    cpu: 4,
    memory: 2 * GiB,
    labels: {},
    status: "online",
    schedulable: true,
    draining: null,
    engine: { name: "docker", version: "27", os: "linux", arch: "amd64" },
    engineError: null,
    version: "",
    registeredAt: "",
    ...set,
  };
}

const noNeeds: Needs = { features: [], binds: [], hostNetwork: false, devices: false, privileged: null };

interface TaskOptions {
  cpu?: number;
  memory?: number;
  constraints?: readonly Constraint[];
  ports?: readonly PortSpec[];
  platform?: string | null;
  needs?: Partial<Needs> | null;
  volumes?: readonly VolumeUse[];
}

export function task({
  cpu = 0,
  memory = 0,
  constraints = [],
  ports = [],
  platform = null,
  needs = null,
  volumes = [],
}: TaskOptions = {}): Requirements {
  const resources = { cpu: { request: cpu, limit: null }, memory: { request: memory, limit: null } };
  return {
    resources,
    constraints,
    ports,
    platform,
    needs: needs && { ...noNeeds, ...needs },
    volumes,
    node: null,
    rules: null,
    group: null,
    priority: 0,
  };
}

export function port(hostPort: number | null, hostIp = "127.0.0.1", protocol: "tcp" | "udp" = "tcp"): PortSpec {
  return { hostPort, containerPort: 80, protocol, hostIp };
}

export function label(key: string, operator: "equals" | "not-equals" | "exists", value = ""): Constraint {
  return operator === "exists" ? { type: "label", key, operator } : { type: "label", key, operator, value };
}

export function named(operator: "equals" | "not-equals", value: string): Constraint {
  return { type: "node", operator, value };
}

/** A cluster with tasks placed on it: [hostname, task, how many]. */
export function cluster(
  nodes: readonly NodeRecord[],
  placed: readonly (readonly [hostname: string, task: Requirements, times?: number])[] = [],
): ScheduleIndex {
  const index = new ScheduleIndex();
  for (const record of nodes) index.upsertNode(record);
  for (const [hostname, spec, times = 1] of placed) {
    for (let i = 0; i < times; i++) index.place(idOf(hostname), spec);
  }
  return index;
}
