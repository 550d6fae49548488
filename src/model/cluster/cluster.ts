// What the whole cluster is, beyond its tasks and nodes.

import { mainContainer } from "../task/spec.ts";

export const strategies = ["round-robin", "spread", "binpack"] as const;
export type Strategy = (typeof strategies)[number];

export interface Cluster {
  /** Marks this cluster's containers (`podling.cluster`), so that two clusters on one engine leave each other alone. */
  clusterId: string;
  /** Grows with every start of a master: a deposed one is known by its smaller number. */
  epoch: number;
  strategy: Strategy;
}

/** Labels on every container that Podling makes, and on volumes without the task; it touches no other. */
export const containerLabels = {
  task: "podling.task",
  /** The container's name within its task. Containers of 0.1.0 have no such label: they are `main`. */
  container: "podling.container",
  node: "podling.node",
  cluster: "podling.cluster",
} as const;

/** Of a container's labels, those that say whose it is: what it makes beside itself carries them too. */
export function ownerLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const { cluster, node } = containerLabels;
  return { [cluster]: labels[cluster] ?? "", [node]: labels[node] ?? "" };
}

/** A container's name on the engine derives from its task, so that a create repeated after a crash finds it. */
export function containerName(taskId: string, container: string = mainContainer): string {
  const ofTask = `podling-${taskId}`;
  return container === mainContainer ? ofTask : `${ofTask}-${container}`;
}
