// The refusal of services and jobs that would wait for one another in a cycle: none of them would ever start.

import type { DependsOn } from "../../model/dependency/dependency.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export interface Dependencies {
  readonly name: string;
  readonly dependsOn?: readonly DependsOn[] | undefined;
}

const noOthers: ReadonlyMap<string, Dependencies> = new Map();

type Names = Pick<ClusterState, "serviceNamed" | "jobNamed">;

/** Null if there is no cycle. `others`: by name, what else is put with it, and holds in the place of what is there. */
export function refuseCycle(
  state: Names,
  input: Dependencies,
  others: ReadonlyMap<string, Dependencies> = noOthers,
): Outcome<never> | null {
  if (!input.dependsOn || input.dependsOn.length === 0) return null;
  const cycle = cycleFrom(input.name, (name) => namesOf(state, name === input.name ? input : others.get(name), name));
  if (cycle === null) return null;
  const [, ...rest] = cycle;
  const message =
    cycle.length === 2
      ? `${input.name} would wait for itself`
      : `${input.name} would wait for itself: ${cycle[0]} waits for ${rest.join(", which waits for ")}`;
  return refuse("unprocessable", `dependsOn: ${message}`, {
    hint: "Remove one of these dependencies.",
    details: { field: "dependsOn", cycle },
  });
}

/** What the service or the job of this name depends on. `put`: in the place of what the records say, where it says anything. */
function namesOf(state: Names, put: Dependencies | undefined, name: string): string[] {
  const all = put?.dependsOn ?? [
    ...(state.serviceNamed(name)?.dependsOn ?? []),
    ...(state.jobNamed(name)?.dependsOn ?? []),
  ];
  return all.map((one) => one.name);
}

/** The shortest way from the name to itself, with both ends; null if there is none. */
function cycleFrom(start: string, dependenciesOf: (name: string) => string[]): string[] | null {
  const cameFrom = new Map<string, string>();
  let front = [start];
  while (front.length > 0) {
    const next: string[] = [];
    for (const name of front) {
      for (const other of dependenciesOf(name)) {
        if (other === start) return [...wayTo(name, start, cameFrom), start];
        if (cameFrom.has(other)) continue;
        cameFrom.set(other, name);
        next.push(other);
      }
    }
    front = next;
  }
  return null;
}

function wayTo(name: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [name];
  for (let at = name; at !== start; way.unshift(at)) at = cameFrom.get(at)!;
  return way;
}
