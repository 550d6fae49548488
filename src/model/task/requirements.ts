// What the scheduler needs to know of a template: the sum over its containers, and where it may run.

import type { NodeId } from "../ids.ts";
import { type Needs, needsOf } from "./needs.ts";
import {
  type Constraint,
  type ContainerSpec,
  noItems,
  type PlacementRules,
  type PortSpec,
  packSpec,
  type Resources,
  type TaskSpec,
} from "./spec.ts";
import type { Task } from "./task.ts";

/** A named volume whose data is on one node. */
export interface VolumeUse {
  readonly name: string;
  /** True when a container of the task may write to it. */
  readonly writes: boolean;
}

export interface Requirements {
  readonly resources: Resources;
  readonly ports: readonly PortSpec[];
  readonly constraints: readonly Constraint[];
  readonly platform: string | null;
  /** Null if any node has what it needs beyond these. */
  readonly needs: Needs | null;
  /** By name. */
  readonly volumes: readonly VolumeUse[];
  /** The only node that the task may run on, which is among the constraints too; null if the template alone decides. */
  readonly node: NodeId | null;
  /** Null if it may be placed beside any tasks, and nodes differ in nothing but their load. */
  readonly rules: PlacementRules | null;
  /** The tasks that it is counted with: the name of its service. Null if it is counted with none. */
  readonly group: string | null;
  /** A task may take the place of those with a lower one. */
  readonly priority: number;
}

/** Templates are shared and never change: most tasks find what was computed for another one. */
const known = new WeakMap<TaskSpec, Requirements>();

export function requirementsOf(spec: TaskSpec): Requirements {
  let found = known.get(spec);
  if (!found) {
    found = computed(spec);
    known.set(spec, found);
  }
  return found;
}

/** By template and group: replicas of a service have one template, or two during a rollout. */
const knownOfGroups = new WeakMap<TaskSpec, Map<string, Requirements>>();

/** Those of the template, the service that the task belongs to, and the node that it is bound to, if it has these. */
export function requirementsOfTask(task: Pick<Task, "spec" | "owner" | "name">): Requirements {
  const { spec, owner } = task;
  if (owner === null) return requirementsOf(spec);
  const requirements = requirementsInGroup(spec, groupOf(task));
  const nodeId = owner.nodeId as NodeId | undefined;
  if (nodeId === undefined) return requirements;
  const here: Constraint = { type: "node", operator: "equals", value: nodeId };
  return { ...requirements, constraints: [here, ...requirements.constraints], node: nodeId };
}

/** The name of the service, which is that of its replica without the slot. */
function groupOf({ owner, name }: Pick<Task, "owner" | "name">): string | null {
  return owner?.kind === "service" && owner.slot !== undefined ? name.slice(0, -owner.slot.length - 1) : null;
}

function requirementsInGroup(spec: TaskSpec, group: string | null): Requirements {
  if (group === null) return requirementsOf(spec);
  let known = knownOfGroups.get(spec);
  if (!known) {
    known = new Map();
    knownOfGroups.set(spec, known);
  }
  let found = known.get(group);
  if (!found) {
    found = { ...requirementsOf(spec), group };
    known.set(group, found);
  }
  return found;
}

/** Tasks of their own are counted with those of an equal template, where their template has rules. No service has such a name. */
function groupOfTemplate(spec: TaskSpec): string | null {
  return spec.placement ? JSON.stringify(packSpec(spec)) : null;
}

function computed(spec: TaskSpec): Requirements {
  const { containers, init, constraints, platform } = spec;
  const { placement: rules = null, priority = 0 } = spec;
  const placed = { node: null, rules, group: groupOfTemplate(spec), priority };
  const [only] = containers;
  if (only && containers.length === 1 && init.length === 0) {
    const { resources, ports } = only;
    const needs = needsOf(containers);
    return { resources, ports, constraints, platform, needs, volumes: volumesOf(containers), ...placed };
  }
  const all = [...init, ...containers];
  return {
    resources: {
      cpu: { request: requested((each) => each.cpu.request), limit: null },
      memory: { request: requested((each) => each.memory.request), limit: null },
    },
    ports: containers.length === 0 ? noItems : containers.flatMap(({ ports }) => ports),
    constraints,
    platform,
    needs: needsOf(all, true),
    volumes: volumesOf(all),
    ...placed,
  };

  /** Init containers run one after the other, before the others start: the largest of them counts. */
  function requested(amount: (resources: Resources) => number): number {
    const together = containers.reduce((sum, { resources }) => sum + amount(resources), 0);
    return Math.max(together, ...init.map(({ resources }) => amount(resources)));
  }
}

function volumesOf(containers: readonly ContainerSpec[]): readonly VolumeUse[] {
  if (containers.every(({ mounts }) => mounts.length === 0)) return noItems;
  const writes = new Map<string, boolean>();
  for (const { mounts } of containers) {
    for (const { type, source, readOnly, options } of mounts) {
      // What a driver or its options make may be anywhere, such as on a file server: Podling does not know where.
      const isElsewhere = options?.driver !== undefined || options?.driverOptions !== undefined;
      if (type !== "volume" || source === "" || isElsewhere) continue;
      writes.set(source, (writes.get(source) ?? false) || !readOnly);
    }
  }
  if (writes.size === 0) return noItems;
  return [...writes].sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, may]) => ({ name, writes: may }));
}
