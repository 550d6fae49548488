// What the handlers share: the parts of the master that they call, and reads that only show what is durable.

import type { OperationId, Operations, Version } from "../../../api/operations/operations.ts";
import type { Call, HandlersOf } from "../../../api/server/call.ts";
import type { ClusterState } from "../../../core/state/cluster-state.ts";
import { resolveNode, resolveTask } from "../../../core/state/lookup.ts";
import type { Journal } from "../../../journal/journal.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Node, NodeRecord } from "../../../model/node/node.ts";
import type { Outcome } from "../../../model/refusal.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Backups } from "../../backup/backups.ts";
import type { Restores } from "../../backup/restores.ts";
import type { LogsContext } from "../../logs/logs.ts";
import type { TickLoop } from "../../loop/tick-loop.ts";
import type { HeartbeatStreams } from "../../node-health/heartbeat-streams.ts";
import type { NodeHealth } from "../../node-health/node-health.ts";
import type { Vault } from "../../secrets/vault.ts";
import type { VolumeJobs } from "../../volumes/volume-jobs.ts";
import type { Watchers } from "../../watch/watchers.ts";
import type { MetricsSources } from "../metrics.ts";
import type { TaskList } from "../task-list.ts";

export interface HandlerContext {
  state: ClusterState;
  journal: Journal;
  loop: TickLoop;
  watchers: Watchers;
  list: TaskList;
  nodeHealth: NodeHealth;
  heartbeatStreams: HeartbeatStreams;
  view: (node: NodeRecord) => Node;
  clock: Clock;
  version: Version;
  metrics: MetricsSources;
  logs: LogsContext;
  backups: Backups;
  restores: Restores;
  volumeJobs: VolumeJobs;
  vault: Vault;
}

export type Handlers = HandlersOf<Operations>;
export type CallOf<Id extends OperationId> = Call<Operations[Id]>;

/** Reads of the state. Each waits until an append that is under way is durable, so that no answer shows what a crash loses. */
export class DurableReads {
  readonly #context: Pick<HandlerContext, "state" | "loop">;

  constructor(context: Pick<HandlerContext, "state" | "loop">) {
    this.#context = context;
  }

  async durable(): Promise<ClusterState> {
    const appending = this.#context.loop.whenDurable();
    if (appending) await appending;
    return this.#context.state;
  }

  async task(reference: string): Promise<Outcome<Task>> {
    return resolveTask(await this.durable(), reference);
  }

  async node(reference: string): Promise<Outcome<NodeRecord>> {
    return resolveNode(await this.durable(), reference);
  }
}
