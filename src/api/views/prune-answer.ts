// The answer to a prune: counts.

/** What was removed. Podling has no pods and no services: clients of its first edition read these counts. */
export interface PruneAnswer {
  tasksRemoved: number;
  nodesRemoved: number;
  podsRemoved: 0;
  servicesRemoved: 0;
}
