// The master: recovers the state, ties the tick loop to the HTTP shell, and listens. From a start, or a restored backup,
// to the next it is one reign: all that depends on the state is made for it, and made anew for the next.

import { createHash } from "node:crypto";
import { Guard, isLoopback } from "../api/guard.ts";
import type { Version } from "../api/operations/operations.ts";
import type { Retention } from "../core/reconcile/reconciler.ts";
import { defaultRetention } from "../core/reconcile/retention.ts";
import { recoverSnapshot, replay } from "../core/state/recover.ts";
import type { Journal } from "../journal/journal.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { type Random, randomText } from "../lib/random.ts";
import type { Strategy } from "../model/cluster.ts";
import { limits } from "../model/limits.ts";
import type { NodeRecord } from "../model/node/node.ts";
import { systemOrigin } from "../model/origin.ts";
import { Backups } from "./backup/backups.ts";
import { Restores, type RestoreTarget } from "./backup/restores.ts";
import { createHandlers } from "./http/handlers.ts";
import { createHttp, type Fetch } from "./http/http.ts";
import { HttpCounters } from "./http/metrics.ts";
import { viewNode } from "./http/node-view.ts";
import { serve } from "./http/serve.ts";
import { LogStreams } from "./logs/log-streams.ts";
import { Snapshots } from "./loop/snapshots.ts";
import { TickLoop } from "./loop/tick-loop.ts";
import { AssignmentStreams } from "./node-health/assignment-streams.ts";
import { Leases } from "./node-health/leases.ts";
import { NodeHealth } from "./node-health/node-health.ts";
import { Watchers } from "./watch/watchers.ts";

export interface MasterOptions {
  /** Open; the master closes it. */
  journal: Journal;
  clock: Clock;
  random: Random;
  log: Log;
  version: Version;
  strategy: Strategy;
  /** Null: none is asked for. */
  token: string | null;
  /** Host names, beside localhost and IP addresses, under which it may be called. */
  allowedHosts: readonly string[];
  retention?: Partial<Retention>;
  /** Changes from one snapshot to the next; left out: that of the limits. */
  snapshotChanges?: number;
  /** How workers are reached; left out: over the platform's sockets. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** More than this share of the workers silent at once is not believed; 1: all is. Default: that of the limits. */
  massLossFraction?: number;
  /** Ends the process: its state can no longer be trusted, and the journal has the truth. */
  onFatal: (error: unknown) => void;
}

export interface Master {
  /** Request -> Response, without a socket. */
  fetch: Fetch;
  /** Listens. Throws where the address is taken or not allowed. */
  listen(host: string, port: number): { url: string; port: number };
  /** Answers what has come in, ends the streams, closes the journal. */
  stop(): Promise<void>;
}

/** Of the log, for watchers that resume over a restart. */
const batchesRecalled = 1000;

export function startMaster(options: MasterOptions): Master {
  const counters = new HttpCounters();
  let server: ReturnType<typeof serve> | null = null;
  // The next reign is there before anybody else has a turn: no request meets a state that was replaced.
  const succeed = (): Promise<void> => {
    reign.retire();
    try {
      reign = beginReign(options, counters, succeed);
    } catch (error) {
      options.onFatal(error); // nobody rules: the next start reads the journal anew
      throw error;
    }
    return reign.begun;
  };
  let reign = beginReign(options, counters, succeed);
  const fetch: Fetch = (request, connection) => reign.fetch(request, connection);
  return {
    fetch,
    listen(host, port) {
      server = serve(fetch, host, port);
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`, port: server.port ?? port };
    },
    async stop() {
      await reign.stop();
      await server?.stop(true);
      options.journal.close();
    },
  };
}

interface Reign {
  fetch: Fetch;
  /** Its epoch is in the journal, or cannot be yet. */
  begun: Promise<void>;
  /** The journal holds another state now: refuses what waits, ends the streams. */
  retire(): void;
  /** Answers what has come in, ends the streams. */
  stop(): Promise<void>;
}

function beginReign(options: MasterOptions, counters: HttpCounters, succeed: () => Promise<void>): Reign {
  const { journal, clock, random, log, version, token, allowedHosts, onFatal } = options;
  const startedAt = clock.now();
  const state = recoverSnapshot(journal);
  const newest = journal.lastRevision();
  const leases = new Leases();
  const view = (node: NodeRecord) => viewNode(state, node, leases.lastHeard(node.nodeId));
  const streams = new AssignmentStreams();
  const watchers = new Watchers({
    ...{ state, clock, view, streams, revision: newest },
  });
  let changesInLog = 0;
  replay(journal, state, (batch, removed) => {
    changesInLog += batch.changes.length;
    if (batch.revision > newest - batchesRecalled) watchers.replayHistory(batch, removed);
  });
  log.info("recovered", {
    revision: state.revision,
    tasks: state.tasks.size,
    nodes: state.nodes.size,
    ms: clock.now() - startedAt,
  });
  const retention = { ...defaultRetention, ...options.retention };
  const snapshots = new Snapshots({
    state,
    journal,
    clock,
    log,
    onFatal,
    changesInLog,
    everyChanges: options.snapshotChanges,
  });
  const loop = new TickLoop({
    state,
    journal,
    retention,
    clock,
    random,
    log,
    onFatal,
    onCommitted: (batch, { removed }) => {
      watchers.publish(batch, removed);
      snapshots.grown(batch.changes.length);
    },
  });
  const liveness = new NodeHealth({
    state,
    leases,
    clock,
    log,
    loop,
    streams,
    massLossFraction: options.massLossFraction ?? limits.massLossFraction,
  });
  // Where the disk is full at start, reads are served from what was recovered, and the epoch begins when it can.
  const begin = async (): Promise<void> => {
    const begun = await loop.submit(
      { type: "startMaster", clusterId: randomText(random, 8), strategy: options.strategy },
      systemOrigin("start"),
    );
    if (!begun.ok && begun.refusal.code === "journal-unavailable")
      clock.timer(limits.retryInitialMs, () => void begin());
  };
  const begun = begin();

  let stopped = false;
  const restoring: RestoreTarget = {
    state,
    journal,
    clock,
    pauseSnapshots: () => snapshots.pause(),
    pauseWrites: () => loop.pause(),
    resume: () => loop.resume(),
    stopped: () => stopped,
  };
  const feeds = new LogStreams(() => clock.elapsed());
  const fetch = createHttp({
    handlers: createHandlers({
      state,
      journal,
      loop,
      watchers,
      liveness,
      view,
      clock,
      version,
      metrics: { state, loop, journal, snapshots, watchers, liveness, feeds, http: counters, version: version.version },
      logs: { token, clock, feeds, fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)) },
      // Kept in the journal: it must not depend on the runtime that reads it.
      fingerprint: (text) => createHash("sha256").update(text).digest("base64url"),
      backups: new Backups({ state, loop, clock, version: version.version, begun }),
      restores: new Restores({ target: restoring, log, onEnd: () => snapshots.resume(), succeed }),
    }),
    guard: new Guard({ token, allowedHosts }),
    counters,
    log,
  });

  return {
    fetch,
    begun,
    retire() {
      liveness.stop();
      snapshots.stop();
      loop.retire();
      watchers.close();
      feeds.close();
    },
    async stop() {
      stopped = true;
      liveness.stop();
      snapshots.stop();
      await loop.stop();
      watchers.close();
      feeds.close();
    },
  };
}

/** Why this address may not be listened on; null: it may. */
export function refusesAddress(host: string, token: string | null, insecure: boolean): string | null {
  if (isLoopback(host) || token !== null || insecure) return null;
  return `the API can run containers as root, and ${host} can be reached from other machines. Set a token with --token or PODLING_TOKEN, or say --insecure if every machine that reaches it may rule this one`;
}
