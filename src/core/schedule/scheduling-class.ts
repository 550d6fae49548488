// What the scheduler computes once for all tasks with equal requirements: what they take, and the keys that group them.

import type { Needs } from "../../model/task/needs.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import type { Constraint } from "../../model/task/spec.ts";
import { type Demand, demandOf, type NodeInfo, platformName } from "./index/node-info.ts";
import { keepsRules } from "./rules.ts";

/** The keys are computed when they are first read: many tasks are placed without them. */
export class SchedulingClass {
  readonly requirements: Requirements;
  readonly demand: Demand;
  readonly constraints: readonly Constraint[];
  /** With Docker's name of the architecture; null for any. */
  readonly platform: string | null;
  readonly needs: Needs | null;
  #key: string | null = null;
  #eligibility: string | null = null;
  #particulars: string | null = null;

  constructor(requirements: Requirements) {
    const { constraints, platform, needs } = requirements;
    this.requirements = requirements;
    this.demand = demandOf(requirements);
    this.constraints = constraints;
    this.platform = platform === null ? null : platformName(platform);
    this.needs = needs;
  }

  /** Equal for tasks of one scheduling class: they fit the same nodes at any time. */
  get key(): string {
    const { resources, rules, group, priority } = this.requirements;
    const { cpu, memory } = resources;
    const counted = group === null && rules === null ? "" : JSON.stringify([group, rules]);
    const rest = `${this.particulars}${volumesKey(this.requirements)}${counted}`;
    this.#key ??= `${priority === 0 ? "" : `${priority} `}${cpu.request}|${memory.request}|${rest}`;
    return this.#key;
  }

  get priority(): number {
    return this.requirements.priority;
  }

  /** True when the rules of the task, and those of tasks that are placed, allow the node now. */
  keepsRulesOn({ record, groups }: NodeInfo): boolean {
    if (this.requirements.group === null && this.requirements.rules === null) return true;
    return keepsRules(this.requirements, record.nodeId, groups);
  }

  /** Equal for tasks that may run on the same nodes, whatever the free capacity: constraints, platform, needs. "" for any. */
  get eligibility(): string {
    this.#eligibility ??= eligibilityKey(this);
    return this.#eligibility;
  }

  /** Eligibility and fixed host ports. "" for neither: any node with enough free cpu and memory fits. */
  get particulars(): string {
    this.#particulars ??=
      this.demand.ports.length === 0 ? this.eligibility : `${this.eligibility} ${portsKey(this.demand)}`;
    return this.#particulars;
  }
}

/** Requirements are shared by all tasks with equal templates. */
const known = new WeakMap<Requirements, SchedulingClass>();

export function classOf(requirements: Requirements): SchedulingClass {
  let found = known.get(requirements);
  if (!found) {
    found = new SchedulingClass(requirements);
    known.set(requirements, found);
  }
  return found;
}

function eligibilityKey({ constraints, platform, needs }: SchedulingClass): string {
  if (constraints.length === 0 && platform === null && needs === null) return "";
  return `${platform ?? ""}${JSON.stringify(constraints)}${needs === null ? "" : JSON.stringify(needs)}`;
}

function portsKey({ ports }: Demand): string {
  return ports.map(({ key, hostIp }) => `${hostIp}:${key}`).join(",");
}

function volumesKey({ volumes }: Requirements): string {
  return volumes.length === 0 ? "" : `|${volumes.map(({ name, writes }) => `${name}:${writes ? "rw" : "ro"}`)}`;
}
