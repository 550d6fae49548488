// Which network of the cluster the containers of a task are in.

import type { ContainerSpec } from "./spec.ts";

/** Workers of this release do not have it yet: it is announced by those that can. */
export const networkFeature = "cluster-network";

/** The app whose tasks it reaches; null if it is in no network of the cluster. Containers of one task share a network. */
export function networkApp(containers: readonly ContainerSpec[]): string | null {
  for (const { network } of containers) if (network?.mode === "cluster") return network.app ?? null;
  return null;
}
