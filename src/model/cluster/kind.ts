// The record kind of the cluster itself: one record, which exists from the start.

import type { Kind } from "../kinds/kind.ts";
import type { Cluster } from "./cluster.ts";

/** The id of its one record. */
export const clusterRecordId = "cluster";

export const clusterKind: Kind<typeof clusterRecordId, Cluster, Cluster, Partial<Cluster>, "clusters", null> = {
  plural: "clusters",
  position: 0,
  idOf: () => clusterRecordId,
  pack: (cluster) => cluster,
  unpack: (packed) => packed,
  update: (cluster, set) => ({ ...cluster, ...set }),
  view: (cluster) => cluster,
  stream: null,
  summary: ({ clusterId }) => ({ name: clusterId, status: "", live: false }),
  loadSchema: async () => (await import("./schema.ts")).clusterRecord,
  migrations: [],
  limit: 1,
  retention: "never removed",
};
