// A task as its worker gets it: with the names of the volumes whose data is on the node already, and what it waits for.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type Dependent, waitingSentence } from "../../model/dependency/dependency.ts";
import { requirementsOf } from "../../model/task/requirements.ts";
import type { Task } from "../../model/task/task.ts";
import { assignmentText } from "../../model/task/view.ts";

type Tables = Pick<ClusterState, "tables">;

export function assignedText(state: Tables, task: Task): string {
  const more = `${filledVolumes(state, task)}${dependencies(state, task)}`;
  const text = assignmentText(task);
  return more === "" ? text : `${text.slice(0, -1)}${more}}`;
}

function filledVolumes({ tables }: Tables, task: Task): string {
  const { volumes } = requirementsOf(task.spec);
  if (volumes.length === 0) return "";
  const filled = volumes.flatMap(({ name }) => {
    const volume = tables.volume.get(name);
    return volume?.filled && volume.nodeId === task.placement?.nodeId ? [name] : [];
  });
  return filled.length === 0 ? "" : `,"filledVolumes":${JSON.stringify(filled)}`;
}

function dependencies({ tables }: Tables, { owner }: Task): string {
  if (owner === null) return "";
  const record = tables[owner.kind === "job" ? "job" : "service"].get(owner.id);
  const hold = record && holdOf(record);
  return hold === undefined ? "" : `,"dependencies":${JSON.stringify({ waitsFor: hold })}`;
}

/** What tasks that are placed wait for, as a sentence; null if they need not. Undefined if the record depends on nothing. */
export function holdOf({ dependsOn = [], waitsFor }: Dependent): string | null | undefined {
  if (dependsOn.length === 0) return undefined;
  // What only new tasks wait for is no matter of those that have a node.
  return waitsFor?.scope === "all" ? waitingSentence(waitsFor) : null;
}
