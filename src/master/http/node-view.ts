// A node as the API shows it: the record, with what is counted and heard.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { type Node, type NodeRecord, viewNodeRecord } from "../../model/node/node.ts";

/** `heardAt`: ms since the epoch; null: not since this master started. */
export function viewNode(state: ClusterState, node: NodeRecord, heardAt: number | null): Node {
  const { runningTasks, cpuMillis, memoryBytes } = state.schedule.usage(node.nodeId);
  return {
    ...viewNodeRecord(node),
    runningTasks,
    used: { cpu: cpuMillis / 1000, memory: memoryBytes },
    lastHeartbeat: heardAt === null ? null : toTimestamp(heardAt),
  };
}
