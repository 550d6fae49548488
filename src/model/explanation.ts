// What the scheduler saw: one row a node, one verdict a filter, a score where it fits. The same for placed and pending.

import type { Strategy } from "./cluster/cluster.ts";
import type { NodeId, TaskId } from "./ids.ts";
import type { Reason, TaskStatus } from "./task/reason.ts";
import type { LastFailure } from "./task/status.ts";

export const filterNames = [
  "online",
  "steady",
  "engine",
  "schedulable",
  "capacity",
  "cpu",
  "memory",
  "host-port",
  "constraints",
  "platform",
] as const;
export type FilterName = (typeof filterNames)[number];

export interface FilterVerdict {
  filter: FilterName;
  passed: boolean;
  /** With numbers: "needs 512 MiB, n2 has 310 MiB free". */
  message: string;
  /** By how much it fails: cores, bytes, places; 0 where it passes, or is no matter of amount. */
  missing: number;
}

export interface NodeVerdict {
  nodeId: NodeId;
  hostname: string;
  /** Passed every filter. */
  fits: boolean;
  filters: FilterVerdict[];
  /** Higher is better; null where it does not fit. */
  score: number | null;
  /** How the score came about, with numbers. */
  scoreMessage: string | null;
  chosen: boolean;
}

export interface Explanation {
  taskId: TaskId;
  name: string;
  status: TaskStatus;
  /** As the record has them: why it is as it is, how often it was restarted, and what its newest bad run last wrote. */
  reason: Reason;
  restarts: number;
  lastFailure: LastFailure | null;
  strategy: Strategy;
  /** What was decided and why, in one sentence. */
  summary: string;
  /** The revision whose state this speaks of. */
  revision: number;
  /** decision: the state the placement was decided from. now: the state as it is. */
  basis: "decision" | "now";
  chosenNodeId: NodeId | null;
  nodes: NodeVerdict[];
  /** For a pending task: the smallest change that would make it fit; null where it fits or is placed. */
  smallestChange: string | null;
}
