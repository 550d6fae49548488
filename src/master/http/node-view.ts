// A node as the API shows it: the record, with the use of its capacity and the time of its last heartbeat.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { type Node, type NodeRecord, type NodeUse, viewNodeRecord } from "../../model/node/node.ts";

const noUsage = { runningTasks: 0, cpuMillis: 0, memoryBytes: 0 };

export function viewNode(state: ClusterState, node: NodeRecord, lastHeartbeatAt: number | null): Node {
  return { ...viewNodeRecord(node), ...nodeUse(state, node, lastHeartbeatAt) };
}

/**
 * `lastHeartbeatAt`: ms since the epoch. Null if there was no heartbeat since this master started. An earlier event in the watch
 * history may show a node that has been removed since: it uses nothing.
 */
export function nodeUse(state: ClusterState, { nodeId }: NodeRecord, lastHeartbeatAt: number | null): NodeUse {
  const { runningTasks, cpuMillis, memoryBytes } = state.nodes.has(nodeId) ? state.schedule.usage(nodeId) : noUsage;
  return {
    runningTasks,
    used: { cpu: cpuMillis / 1000, memory: memoryBytes },
    lastHeartbeat: lastHeartbeatAt === null ? null : toTimestamp(lastHeartbeatAt),
  };
}
