// What can be asked of the cluster, and what an answer is made of. A command is already validated; whether it is
// granted, decide() says.

import type { Random } from "../../lib/random.ts";
import type { Change } from "../../model/change.ts";
import type { Strategy } from "../../model/cluster.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import type { EngineInfo, NodeRecord, Suspicion } from "../../model/node/node.ts";
import type { LastFailure, PublishedPort, Reason, TaskStatus } from "../../model/task/task.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import type { Idempotency } from "../state/cluster-state.ts";

export interface TaskReportFields {
  status: TaskStatus;
  nodeId?: string | undefined;
  reason?: Reason | undefined;
  containerId?: string | null | undefined;
  exitCode?: number | null | undefined;
  oomKilled?: boolean | undefined;
  restarts?: number | undefined;
  publishedPorts?: readonly PublishedPort[] | undefined;
  startedAt?: string | null | undefined;
  finishedAt?: string | null | undefined;
  error?: string | null | undefined;
  /** Left out: nothing new to say of it. */
  lastFailure?: LastFailure | undefined;
}

/** What a node says of itself; the rest of its record is for the master to say. */
export type NodeRegistrationFields = Omit<
  NodeRecord,
  "nodeId" | "status" | "schedulable" | "suspect" | "flapping" | "registeredAt"
> & {
  nodeId?: string | undefined;
};

/** How a loss was noticed: its lease ran out, its stream broke and the grace ended, or somebody said so. */
export type LossCause = "silent" | "connection-broken" | "by-hand";

export type Command =
  | { type: "startMaster"; clusterId: string; strategy: Strategy }
  /** What the wish leaves out has its default. */
  | { type: "createTask"; wish: ParsedTaskInput; idempotency?: Idempotency }
  | { type: "reportTask"; taskId: TaskId; report: TaskReportFields }
  | { type: "stopTask"; taskId: TaskId }
  | { type: "removeTask"; taskId: TaskId; force: boolean }
  | { type: "registerNode"; registration: NodeRegistrationFields }
  /** A heartbeat that says something new: the node is back, or its engine changed. */
  | { type: "refreshNode"; nodeId: NodeId; engine?: EngineInfo | null; engineError?: string | null }
  | { type: "setSchedulable"; nodeId: NodeId; schedulable: boolean }
  /** It still counts as online, but gets nothing new until it is heard. */
  | { type: "suspectNode"; nodeId: NodeId; code: Suspicion["code"]; message: string }
  /** Without a cause: it was silent. */
  | { type: "loseNode"; nodeId: NodeId; silentMs: number; cause?: LossCause }
  /** It has been steady for as long as it had to; unless it was damped anew since. */
  | { type: "releaseNode"; nodeId: NodeId; steadyUntil: string }
  | { type: "deregisterNode"; nodeId: NodeId }
  /** A change that changes nothing: can the journal write again? */
  | { type: "probe" }
  /** Nothing is asked: only let time-driven work (retention) be settled. */
  | { type: "wake" };

/** What the asker gets back when it is durable. */
export interface Granted {
  taskId?: TaskId;
  nodeId?: NodeId;
}

export interface DecisionContext {
  /** ms since the epoch. */
  now: number;
  random: Random;
}

export interface Decision {
  changes: Change[];
  granted: Granted;
}
