// What the scheduler needs to know of a template: the sum over its containers, and where it may run.

import { type Needs, needsOf } from "./needs.ts";
import { type Constraint, noItems, type PortSpec, type Resources, type TaskSpec } from "./spec.ts";

export interface Requirements {
  readonly resources: Resources;
  readonly ports: readonly PortSpec[];
  readonly constraints: readonly Constraint[];
  readonly platform: string | null;
  /** Null if any node has what it needs beyond these. */
  readonly needs: Needs | null;
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

function computed({ containers, init, constraints, platform }: TaskSpec): Requirements {
  const [only] = containers;
  if (only && containers.length === 1 && init.length === 0) {
    return { resources: only.resources, ports: only.ports, constraints, platform, needs: needsOf(containers) };
  }
  return {
    resources: {
      cpu: { request: requested((each) => each.cpu.request), limit: null },
      memory: { request: requested((each) => each.memory.request), limit: null },
    },
    ports: containers.length === 0 ? noItems : containers.flatMap(({ ports }) => ports),
    constraints,
    platform,
    needs: needsOf([...init, ...containers], true),
  };

  /** Init containers run one after the other, before the others start: the largest of them counts. */
  function requested(amount: (resources: Resources) => number): number {
    const together = containers.reduce((sum, { resources }) => sum + amount(resources), 0);
    return Math.max(together, ...init.map(({ resources }) => amount(resources)));
  }
}
