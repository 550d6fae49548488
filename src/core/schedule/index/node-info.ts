// One node as the scheduler sees it: its record, what tasks take of it, and a fast check whether a task fits.
// filters.ts makes the same checks with sentences; schedule.race.test.ts compares the two.

import { assert } from "../../../lib/assert.ts";
import { addressesOverlap } from "../../../lib/ip-address.ts";
import { dockerArch, hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import { breachOf } from "../../../model/node/policy.ts";
import type { Needs } from "../../../model/task/needs.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import type { Constraint } from "../../../model/task/spec.ts";
import { GroupIndex } from "./group-index.ts";

/** What a node must have, whatever its free capacity. */
export type Eligibility = Pick<Requirements, "constraints" | "platform" | "needs">;

/** What a task takes of a node, in whole numbers so that sums stay exact. */
export interface Demand {
  cpuMillis: number;
  memoryBytes: number;
  /** Host ports that the task fixes; ports that the engine chooses are not among them. */
  ports: readonly HostPort[];
}

export interface HostPort {
  /** "8080/tcp" */
  key: string;
  hostIp: string;
}

/** What the tasks of a node take, as answers show it. */
export interface Usage {
  runningTasks: number;
  cpuMillis: number;
  memoryBytes: number;
}

/** What some tasks take together. */
export interface Taken {
  tasks: number;
  cpuMillis: number;
  memoryBytes: number;
}

const noGroups = new GroupIndex();
const noPorts: readonly HostPort[] = [];
/** By the ports of requirements, which are shared by all tasks with equal templates. */
const knownPorts = new WeakMap<Requirements["ports"], readonly HostPort[]>();

export function demandOf({ resources, ports }: Pick<Requirements, "resources" | "ports">): Demand {
  return {
    cpuMillis: Math.round(resources.cpu.request * 1000),
    memoryBytes: resources.memory.request,
    ports: ports.length === 0 ? noPorts : fixedPorts(ports),
  };
}

function fixedPorts(ports: Requirements["ports"]): readonly HostPort[] {
  let fixed = knownPorts.get(ports);
  if (!fixed) {
    fixed = ports
      .filter(({ hostPort }) => hostPort !== null)
      .map(({ hostPort, protocol, hostIp }) => ({ key: `${hostPort}/${protocol}`, hostIp }));
    knownPorts.set(ports, fixed);
  }
  return fixed;
}

export class NodeInfo {
  readonly record: NodeRecord;
  /** What is placed by group on all nodes, which the index of nodes sets. */
  groups: GroupIndex = noGroups;
  /** True when it comes after every other node: it was lost too often lately, or others have workers and it has none. */
  readonly damped: boolean;
  /** As `platformName` writes it; null until the node reports an engine. */
  readonly platform: string | null;
  /** Unique among the nodes of a cluster, and smaller than the largest number of nodes that it had. */
  number = 0;
  /** Position among the nodes, which are ordered by hostname, then by id. The numbers follow that order, with gaps. */
  order = 0;
  /** True when the node was removed, or another `NodeInfo` took the place of this one. */
  gone = false;
  /** The number of the last note of this node in `Sequences`. */
  lastNote = -1;
  tasks = 0;
  cpuMillis = 0;
  memoryBytes = 0;
  /** Addresses by "port/protocol". Null until a task with a fixed port is placed. */
  ports: Map<string, string[]> | null = null;

  /** What tasks of each priority take; those of priority 0 take the rest. Null until a task of another one is placed. */
  #taken: Map<number, Taken> | null = null;
  #cpuHeld = 0;
  #memoryHeld = 0;

  // Copies of what searches read of the record: in a large cluster each step to another object is a cache miss.
  readonly isOpen: boolean;
  readonly #capacity: number;
  /** Without what is held. Infinity if the node did not report an amount: then it sets no limit. */
  #cpuMillis: number;
  #memoryBytes: number;

  /** `comesAfterWorkers`: other nodes have workers. */
  constructor(record: NodeRecord, comesAfterWorkers = false) {
    const { status, engine, engineError, schedulable, draining, capacity, cpu, memory, suspect } = record;
    const open = draining === null && status === "online" && engineError === null && schedulable && suspect === null;
    this.record = record;
    this.damped = isDamped(record) || (comesAfterWorkers && !hasWorker(record));
    this.platform = engine && platformName(`${engine.os}/${engine.arch}`);
    this.isOpen = open;
    this.#capacity = capacity;
    this.#cpuMillis = cpu === 0 ? Number.POSITIVE_INFINITY : Math.round(cpu * 1000);
    this.#memoryBytes = memory === 0 ? Number.POSITIVE_INFINITY : memory;
  }

  /** True when a task without requests fits: online, not suspect, its engine answers, neither cordoned nor drained, a slot free. */
  get acceptsTasks(): boolean {
    return this.isOpen && this.tasks < this.#capacity && !this.gone;
  }

  get freeTasks(): number {
    return this.#capacity - this.tasks;
  }

  /** Negative if the node reported more at an earlier time. */
  get cpuLeft(): number {
    return this.#cpuMillis - this.cpuMillis;
  }

  get memoryLeft(): number {
    return this.#memoryBytes - this.memoryBytes;
  }

  /** The share of task slots that is taken. */
  get taskShare(): number {
    return this.tasks / this.#capacity;
  }

  /** The share of cpu that is taken; 0 if the node sets no limit. */
  get cpuShare(): number {
    return this.cpuMillis / this.#cpuMillis;
  }

  get memoryShare(): number {
    return this.memoryBytes / this.#memoryBytes;
  }

  /** How many of cpu and memory have a limit: 0, 1 or 2. */
  get amountsLimited(): number {
    return (
      (this.#cpuMillis < Number.POSITIVE_INFINITY ? 1 : 0) + (this.#memoryBytes < Number.POSITIVE_INFINITY ? 1 : 0)
    );
  }

  /** At least 0: a task that requests nothing fits also where more is taken than the node has. */
  get freeCpuMillis(): number {
    return Math.max(0, this.cpuLeft);
  }

  get freeMemoryBytes(): number {
    return Math.max(0, this.memoryLeft);
  }

  reserve({ cpuMillis, memoryBytes, ports }: Demand, priority = 0): void {
    if (priority !== 0) this.#countOf(priority, 1, cpuMillis, memoryBytes);
    this.tasks++;
    this.cpuMillis += cpuMillis;
    this.memoryBytes += memoryBytes;
    this.#takePorts(ports);
  }

  release({ cpuMillis, memoryBytes, ports }: Demand, priority = 0): void {
    assert(this.tasks > 0, "a task slot is released that was never taken");
    if (priority !== 0) this.#countOf(priority, -1, -cpuMillis, -memoryBytes);
    this.tasks--;
    this.cpuMillis -= cpuMillis;
    this.memoryBytes -= memoryBytes;
    this.#freePorts(ports);
  }

  /** Keeps amounts and ports free for a task that comes when others have left. A task slot is not held: theirs becomes free. */
  hold(step: "begin" | "end", { cpuMillis, memoryBytes, ports }: Demand): void {
    const by = step === "begin" ? 1 : -1;
    this.#hold(by * cpuMillis, by * memoryBytes);
    if (step === "begin") this.#takePorts(ports);
    else this.#freePorts(ports);
  }

  #hold(cpuMillis: number, memoryBytes: number): void {
    this.#cpuHeld += cpuMillis;
    this.#memoryHeld += memoryBytes;
    this.#cpuMillis -= cpuMillis;
    this.#memoryBytes -= memoryBytes;
  }

  /** What tasks with a priority below this one take together, at most: some of them may be ending. */
  takenBelow(priority: number): Taken {
    const below = { tasks: 0, cpuMillis: 0, memoryBytes: 0 };
    const usual = { tasks: this.tasks, cpuMillis: this.cpuMillis, memoryBytes: this.memoryBytes };
    for (const [of, taken] of this.#taken ?? []) {
      add(usual, -taken.tasks, -taken.cpuMillis, -taken.memoryBytes);
      if (of < priority) add(below, taken.tasks, taken.cpuMillis, taken.memoryBytes);
    }
    if (priority > 0) add(below, usual.tasks, usual.cpuMillis, usual.memoryBytes);
    return below;
  }

  /** The priorities below this one that placed tasks have, in no order. */
  prioritiesBelow(priority: number): number[] {
    const others = [...(this.#taken ?? [])];
    const counted = others.reduce((sum, [, { tasks }]) => sum + tasks, 0);
    const all = [...others.map(([of]) => of), ...(this.tasks > counted ? [0] : [])];
    return all.filter((of) => of < priority);
  }

  #countOf(priority: number, tasks: number, cpuMillis: number, memoryBytes: number): void {
    this.#taken ??= new Map();
    const taken = this.#taken.get(priority) ?? { tasks: 0, cpuMillis: 0, memoryBytes: 0 };
    add(taken, tasks, cpuMillis, memoryBytes);
    if (taken.tasks === 0) this.#taken.delete(priority);
    else this.#taken.set(priority, taken);
  }

  #takePorts(ports: readonly HostPort[]): void {
    for (const { key, hostIp } of ports) {
      this.ports ??= new Map();
      const addresses = this.ports.get(key);
      if (addresses) addresses.push(hostIp);
      else this.ports.set(key, [hostIp]);
    }
  }

  #freePorts(ports: readonly HostPort[]): void {
    for (const { key, hostIp } of ports) {
      const addresses = this.ports?.get(key) ?? [];
      const at = addresses.indexOf(hostIp);
      assert(at >= 0, "a port is released that was never taken");
      addresses.splice(at, 1);
      if (addresses.length === 0) this.ports?.delete(key);
    }
  }

  /** The first of the ports that is taken, or null. */
  conflict(ports: readonly HostPort[]): HostPort | null {
    if (this.ports === null) return null;
    for (const port of ports) {
      const addresses = this.ports.get(port.key);
      if (addresses === undefined) continue;
      for (const address of addresses) if (addressesOverlap(address, port.hostIp)) return port;
    }
    return null;
  }

  /** True when the demand fits now. Constraints, platform and needs are not part of it: see `eligible`. */
  hasCapacityFor({ cpuMillis, memoryBytes, ports }: Demand): boolean {
    return (
      this.acceptsTasks &&
      this.freeCpuMillis >= cpuMillis &&
      this.freeMemoryBytes >= memoryBytes &&
      (ports.length === 0 || this.conflict(ports) === null)
    );
  }

  /** The same use, with another record of the node. */
  copy(record: NodeRecord, comesAfterWorkers: boolean): NodeInfo {
    const node = new NodeInfo(record, comesAfterWorkers);
    node.number = this.number;
    node.order = this.order;
    node.tasks = this.tasks;
    node.cpuMillis = this.cpuMillis;
    node.memoryBytes = this.memoryBytes;
    node.#taken = this.#taken && new Map([...this.#taken].map(([priority, taken]) => [priority, { ...taken }]));
    node.#hold(this.#cpuHeld, this.#memoryHeld);
    node.ports = this.ports && new Map([...this.ports].map(([key, addresses]) => [key, [...addresses]]));
    return node;
  }
}

function add(taken: Taken, tasks: number, cpuMillis: number, memoryBytes: number): void {
  taken.tasks += tasks;
  taken.cpuMillis += cpuMillis;
  taken.memoryBytes += memoryBytes;
}

/** True when the node was lost too often lately and has not been online for long enough since. */
export function isDamped({ flapping }: NodeRecord): boolean {
  return flapping !== null && flapping.steadyUntil !== null;
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

/** "linux/x86_64/v2" as "linux/amd64": os and architecture, with Docker's name of the architecture. */
export function platformName(platform: string): string {
  const [os = "", arch = ""] = platform.split("/");
  return `${os}/${dockerArch(arch)}`;
}

/** The options that the worker of the node does not know. */
export function missingFeatures(needs: Needs | null, { features }: NodeRecord): string[] {
  return needs === null ? [] : needs.features.filter((feature) => !features?.includes(feature));
}

function meetsNeeds(needs: Needs, record: NodeRecord): boolean {
  for (const feature of needs.features) if (!record.features?.includes(feature)) return false;
  return breachOf(record.policy, needs) === null;
}

/**
 * True when constraints, platform, known options and policy allow the node, whatever its free capacity. The platform is one
 * of `platformName`. The answer never changes: a node whose record changes gets another `NodeInfo`.
 */
export function eligible({ constraints, platform, needs }: Eligibility, node: NodeInfo): boolean {
  return (
    (platform === null || platform === node.platform) &&
    unmet(constraints, node.record) === null &&
    (needs === null || meetsNeeds(needs, node.record))
  );
}
