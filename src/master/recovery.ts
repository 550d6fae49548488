// What a term of the master begins with: the lease of the journal, and the state that the journal holds.

import type { ClusterState } from "../core/state/cluster-state.ts";
import { recoverSnapshot, replay } from "../core/state/recover.ts";
import type { Journal, Lease } from "../journal/journal.ts";
import type { Keys } from "../keys/keys.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { App } from "../model/app/app.ts";
import type { Job } from "../model/job/job.ts";
import type { Node, NodeRecord } from "../model/node/node.ts";
import type { Schedule } from "../model/schedule/schedule.ts";
import type { Service } from "../model/service/service.ts";
import type { Volume } from "../model/volume/volume.ts";
import { appUse } from "./http/app-view.ts";
import { jobUse, scheduleUse } from "./http/job-view.ts";
import { nodeUse, viewNode } from "./http/node-view.ts";
import { serviceUse } from "./http/service-view.ts";
import { volumeUse } from "./http/volume-view.ts";
import { AssignmentStreams } from "./node-health/assignment-streams.ts";
import { Leases } from "./node-health/leases.ts";
import { Vault } from "./secrets/vault.ts";
import { Watchers } from "./watch/watchers.ts";

export interface RecoveryOptions {
  journal: Journal;
  clock: Clock;
  log: Log;
  keys?: Keys | null;
}

export interface Recovered {
  lease: Lease;
  state: ClusterState;
  leases: Leases;
  streams: AssignmentStreams;
  /** They know the newest batches of the log. */
  watchers: Watchers;
  vault: Vault;
  view: (node: NodeRecord) => Node;
  /** Changes in the log since its newest snapshot. */
  changesInLog: number;
}

/** The newest batches of the log are kept for watchers that resume after a restart. */
const batchesKept = 1000;

/** Acquires the lease, reads the newest snapshot and replays the log. Rejects with a JournalUnusable if it is damaged. */
export async function recoverTerm({ journal, clock, log, keys = null }: RecoveryOptions): Promise<Recovered> {
  const startedAt = clock.now();
  const lease = await journal.acquire("master");
  const state = await recoverSnapshot(journal);
  const newest = journal.lastRevision();
  const leases = new Leases();
  const streams = new AssignmentStreams();
  const view = (node: NodeRecord) => viewNode(state, node, leases.lastBeat(node.nodeId));
  const masterFields = {
    node: (node: NodeRecord) => nodeUse(state, node, leases.lastBeat(node.nodeId)),
    service: (service: Service) => serviceUse(state, service),
    job: (job: Job) => jobUse(state, job),
    volume: (volume: Volume) => volumeUse(state, volume),
    schedule: (schedule: Schedule) => scheduleUse(state, schedule),
    app: (app: App) => appUse(state, app),
  };
  const vault = new Vault(state, keys);
  const watchers = new Watchers({ state, clock, masterFields, streams, vault, revision: newest });
  let changesInLog = 0;
  await replay(journal, state, (batch, deltas) => {
    changesInLog += batch.changes.length;
    if (batch.revision > newest - batchesKept) watchers.replayHistory(batch, deltas);
  });
  const { revision, tasks, nodes } = state;
  log.info("recovered", { revision, tasks: tasks.size, nodes: nodes.size, ms: clock.now() - startedAt });
  const { status, message: why } = vault.report();
  if (status === "missing" || status === "other")
    log.error("secrets and logins cannot be opened; everything else goes on", { why });
  return { lease, state, leases, streams, watchers, vault, view, changesInLog };
}
