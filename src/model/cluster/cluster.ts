// The record of the cluster itself, and the names and labels of its containers.

import { mainContainer } from "../task/spec.ts";

export const strategies = ["round-robin", "spread", "binpack"] as const;
export type Strategy = (typeof strategies)[number];

export interface Cluster {
  /** Marks this cluster's containers (`podling.cluster`), so that two clusters on one engine leave each other alone. */
  clusterId: string;
  /** Incremented with each term of a master. */
  epoch: number;
  strategy: Strategy;
}

/** Labels of every container that Podling creates; volumes have those without the task. Podling touches no other. */
export const containerLabels = {
  task: "podling.task",
  /** The container's name within its task. Containers of 0.1.0 have no such label: they are `main`. */
  container: "podling.container",
  node: "podling.node",
  cluster: "podling.cluster",
  /** Of a volume that was filled from an archive: the revision of the master's log at which that was asked for. */
  filledAt: "podling.filled-at",
} as const;

/** Of a container's labels, those of cluster and node; its volumes get them, too. */
export function ownerLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const { cluster, node } = containerLabels;
  return { [cluster]: labels[cluster] ?? "", [node]: labels[node] ?? "" };
}

/** A container's name on the engine derives from its task, so that a create repeated after a crash finds it. */
export function containerName(taskId: string, container: string = mainContainer): string {
  const ofTask = `podling-${taskId}`;
  return container === mainContainer ? ofTask : `${ofTask}-${container}`;
}
