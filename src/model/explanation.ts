// The decision of the scheduler for one task: a row for each node, a verdict for each filter, a score if the node fits.

import type { Strategy } from "./cluster/cluster.ts";
import type { NodeId, TaskId } from "./ids.ts";
import type { Reason, TaskStatus } from "./task/reason.ts";
import type { LastFailure } from "./task/status.ts";

export const filterNames = [
  "online",
  "steady",
  "engine",
  "schedulable",
  "draining",
  "capacity",
  "cpu",
  "memory",
  "host-port",
  "constraints",
  "platform",
  "features",
  "policy",
  "volume",
  "volume-in-use",
  "max-per-node",
  "near",
  "apart",
] as const;
export type FilterName = (typeof filterNames)[number];

export interface FilterVerdict {
  filter: FilterName;
  passed: boolean;
  /** With numbers: "needs 512 MiB, n2 has 310 MiB free". */
  message: string;
  /** How much is missing: cores, bytes or tasks. 0 if the filter passes, or does not compare amounts. */
  missing: number;
}

export interface NodeVerdict {
  nodeId: NodeId;
  hostname: string;
  /** Passed every filter. */
  fits: boolean;
  filters: FilterVerdict[];
  /** Higher is better; null if the node does not fit. */
  score: number | null;
  /** Its place by what the task prefers (spread, prefer), higher is better; left out for a task that prefers nothing. */
  preference?: number;
  /** How the score came about, with numbers. */
  scoreMessage: string | null;
  chosen: boolean;
}

/** One container of a task of several, as it is now. */
export interface ExplainedContainer {
  name: string;
  status: TaskStatus;
  reason: Reason;
  ready: boolean;
  restarts: number;
  sidecar?: boolean;
}

export interface Explanation {
  taskId: TaskId;
  name: string;
  status: TaskStatus;
  /** From the record: the reason of its status, its restarts, and the end of the log of its newest failed run. */
  reason: Reason;
  restarts: number;
  lastFailure: LastFailure | null;
  /** Of a task of several, init containers first. Left out for a task of one. */
  containers?: ExplainedContainer[];
  strategy: Strategy;
  /** What was decided and why, in one sentence. */
  summary: string;
  /** The revision of the state that was explained. */
  revision: number;
  /** decision: the state the placement was decided from. now: the state as it is. */
  basis: "decision" | "now";
  chosenNodeId: NodeId | null;
  nodes: NodeVerdict[];
  /** For a pending task: the smallest change that would make it fit. Null if it fits or is placed. */
  smallestChange: string | null;
}

interface NamedNode {
  nodeId: NodeId;
  hostname: string;
}

/** Why a task is not on a certain node, by the state as it is now. */
export interface WhyNot {
  taskId: TaskId;
  name: string;
  status: TaskStatus;
  /** The revision of the state. */
  revision: number;
  /** The node that was asked about. */
  node: NamedNode;
  /** Where the task is. Null if it waits or has ended. */
  current: NamedNode | null;
  /** The node that it would get now. Null if none fits. */
  best: NamedNode | null;
  /** True when the task is on the node. */
  isThere: boolean;
  /** True when the node passes every filter; the task's own capacity counts as free. */
  fits: boolean;
  /** The answer, with numbers. */
  sentence: string;
  /** The filters that the node fails. */
  filters: FilterVerdict[];
  /** The smallest change that would make the task fit there. Null if it fits. */
  change: string | null;
  /** How good the node is, with numbers. Null if the task does not fit. */
  score: string | null;
  bestScore: string | null;
}
