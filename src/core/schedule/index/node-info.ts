// One node as the scheduler sees it: its record, what is taken of it, and whether a task fits, as quickly as can be.
// filters.ts says the same in sentences; a property test holds the two together.

import { assert } from "../../../lib/assert.ts";
import { dockerArch, type NodeRecord } from "../../../model/node/node.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import type { Constraint } from "../../../model/task/spec.ts";

/** What a task takes, in whole numbers so that sums stay exact. */
export interface Demand {
  cpuMillis: number;
  memoryBytes: number;
  /** "8080/tcp" with its address; only ports that are fixed. */
  ports: readonly HostPort[];
}

export interface HostPort {
  /** "8080/tcp" */
  key: string;
  hostIp: string;
}

const noPorts: readonly HostPort[] = [];

export function demandOf({ resources, ports }: Pick<Requirements, "resources" | "ports">): Demand {
  return {
    cpuMillis: Math.round(resources.cpu.request * 1000),
    memoryBytes: resources.memory.request,
    ports: ports.length === 0 ? noPorts : fixedPorts(ports),
  };
}

function fixedPorts(ports: Requirements["ports"]): readonly HostPort[] {
  return ports
    .filter(({ hostPort }) => hostPort !== null)
    .map(({ hostPort, protocol, hostIp }) => ({ key: `${hostPort}/${protocol}`, hostIp }));
}

export class NodeInfo {
  readonly record: NodeRecord;
  /** Where it stands among the nodes: they are ordered by hostname, then id, and this number follows that order. */
  order = 0;
  /** Removed, or replaced by another slot for the same node. */
  gone = false;
  tasks = 0;
  cpuMillis = 0;
  memoryBytes = 0;
  /** Addresses by "port/protocol"; null until the first. */
  ports: Map<string, string[]> | null = null;

  // What searches read of the record, at hand: in a large cluster each step to another object is a cache miss.
  readonly #open: boolean;
  readonly #capacity: number;
  /** Infinity where the node never said how much it has: then it is no limit. */
  readonly #cpuMillis: number;
  readonly #memoryBytes: number;

  constructor(record: NodeRecord) {
    const { status, engineError, schedulable, capacity, cpu, memory } = record;
    const open = status === "online" && engineError === null && schedulable && isSteady(record);
    this.record = record;
    this.#open = open;
    this.#capacity = capacity;
    this.#cpuMillis = cpu === 0 ? Number.POSITIVE_INFINITY : Math.round(cpu * 1000);
    this.#memoryBytes = memory === 0 ? Number.POSITIVE_INFINITY : memory;
  }

  /** Room for at least one task that asks for nothing: online, its engine answers, steady, not cordoned, a place free. */
  get takes(): boolean {
    return this.#open && this.tasks < this.#capacity && !this.gone;
  }

  get freeTasks(): number {
    return this.#capacity - this.tasks;
  }

  /** Below 0 where the node said more once. */
  get cpuLeft(): number {
    return this.#cpuMillis - this.cpuMillis;
  }

  get memoryLeft(): number {
    return this.#memoryBytes - this.memoryBytes;
  }

  /** The share of places that is taken. */
  get taskShare(): number {
    return this.tasks / this.#capacity;
  }

  /** The share of cpu that is taken: 0 where it is no limit. */
  get cpuShare(): number {
    return this.cpuMillis / this.#cpuMillis;
  }

  get memoryShare(): number {
    return this.memoryBytes / this.#memoryBytes;
  }

  /** How many of cpu and memory are limits: 0, 1 or 2. */
  get amountsLimited(): number {
    return (
      (this.#cpuMillis < Number.POSITIVE_INFINITY ? 1 : 0) + (this.#memoryBytes < Number.POSITIVE_INFINITY ? 1 : 0)
    );
  }

  /** Never below 0: who asks for nothing has room also where too much is taken. */
  get freeCpuMillis(): number {
    return Math.max(0, this.cpuLeft);
  }

  get freeMemoryBytes(): number {
    return Math.max(0, this.memoryLeft);
  }

  take({ cpuMillis, memoryBytes, ports }: Demand): void {
    this.tasks++;
    this.cpuMillis += cpuMillis;
    this.memoryBytes += memoryBytes;
    for (const { key, hostIp } of ports) {
      this.ports ??= new Map();
      const addresses = this.ports.get(key);
      if (addresses) addresses.push(hostIp);
      else this.ports.set(key, [hostIp]);
    }
  }

  give({ cpuMillis, memoryBytes, ports }: Demand): void {
    assert(this.tasks > 0, "a node gives back a place that was never taken");
    this.tasks--;
    this.cpuMillis -= cpuMillis;
    this.memoryBytes -= memoryBytes;
    for (const { key, hostIp } of ports) {
      const addresses = this.ports?.get(key) ?? [];
      const at = addresses.indexOf(hostIp);
      assert(at >= 0, "a node gives back a port that was never taken");
      addresses.splice(at, 1);
      if (addresses.length === 0) this.ports?.delete(key);
    }
  }

  /** The first wanted port that is taken, or null. */
  conflict(ports: readonly HostPort[]): HostPort | null {
    if (this.ports === null) return null;
    for (const port of ports) {
      if (this.ports.get(port.key)?.some((address) => overlap(address, port.hostIp))) return port;
    }
    return null;
  }

  /** Has the room, whatever the place in it is for. */
  hasRoom({ cpuMillis, memoryBytes, ports }: Demand): boolean {
    return (
      this.takes &&
      this.freeCpuMillis >= cpuMillis &&
      this.freeMemoryBytes >= memoryBytes &&
      (ports.length === 0 || this.conflict(ports) === null)
    );
  }

  /** The same use, of a node described anew. */
  copy(record = this.record): NodeInfo {
    const slot = new NodeInfo(record);
    slot.order = this.order;
    slot.tasks = this.tasks;
    slot.cpuMillis = this.cpuMillis;
    slot.memoryBytes = this.memoryBytes;
    slot.ports = this.ports && new Map([...this.ports].map(([key, addresses]) => [key, [...addresses]]));
    return slot;
  }
}

/** Neither suspect nor damped. */
export function isSteady({ suspect, flapping }: NodeRecord): boolean {
  return suspect === null && (flapping === null || flapping.steadyUntil === null);
}

/** Two listeners collide on one address, or where either listens on all. */
function overlap(left: string, right: string): boolean {
  return left === right || isAll(left) || isAll(right);
}

function isAll(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** The first constraint that the node does not meet, or null. */
export function unmet(constraints: readonly Constraint[], record: NodeRecord): Constraint | null {
  for (const constraint of constraints) if (!meets(constraint, record)) return constraint;
  return null;
}

function meets(constraint: Constraint, { labels, hostname, nodeId }: NodeRecord): boolean {
  if (constraint.type === "node") {
    const named = constraint.value === hostname || constraint.value === nodeId;
    return constraint.operator === "equals" ? named : !named;
  }
  const { key, operator } = constraint;
  const present = Object.hasOwn(labels, key);
  if (operator === "exists") return present;
  const equal = present && labels[key] === constraint.value;
  return operator === "equals" ? equal : !equal;
}

/** "linux/x86_64" as [os, architecture in Docker's words]. */
export function parsePlatform(platform: string): [os: string, arch: string] {
  const [os = "", arch = ""] = platform.split("/");
  return [os, dockerArch(arch)];
}

export function runsPlatform(platform: string | null, { engine }: NodeRecord): boolean {
  if (platform === null) return true;
  if (engine === null) return false;
  const [os, arch] = parsePlatform(platform);
  return engine.os === os && dockerArch(engine.arch) === arch;
}

/** Could hold the task for good, whatever its room. */
export function eligible(
  { constraints, platform }: Pick<Requirements, "constraints" | "platform">,
  record: NodeRecord,
): boolean {
  return unmet(constraints, record) === null && runsPlatform(platform, record);
}
