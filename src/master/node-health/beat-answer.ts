// The answer to a heartbeat.

import type { HeartbeatAnswer } from "../../api/views/heartbeat-answer.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Pace } from "./leases.ts";

/** The answer to a heartbeat of a node, and what it was made from. */
export interface BeatAnswer {
  node: NodeRecord;
  pace: Pace;
  streamOpen: boolean;
  text: string;
}

export function answerOf({ nodeId, engineError }: NodeRecord, pace: Pace, streamOpen: boolean): HeartbeatAnswer {
  const { intervalMs, leaseMs, reconnectWithinMs } = pace;
  return { nodeId, nextHeartbeatMs: intervalMs, leaseMs, reconnectWithinMs, engineError, streamOpen };
}
