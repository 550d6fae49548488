// Makes a state of its own with the same records. Records are immutable and shared; the indexes are built again from them.

import { kindNames } from "../../model/kinds/kinds.ts";
import { ClusterState } from "../state/cluster-state.ts";

export function fork(state: ClusterState): ClusterState {
  const copy = new ClusterState();
  for (const kind of kindNames) {
    // In order of ids, as in a snapshot: a fork of equal states is equal, whatever they have been through.
    const records = [...(state.tables[kind] as Map<string, object>)].sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [id, record] of records) copy.adopt(kind, id, record);
  }
  copy.revision = state.revision;
  copy.cursors = state.cursors;
  return copy;
}
