// One term of the master: from a start, or from a restored backup, to the next. Owns everything that depends on the
// cluster's state: it recovers the state, ties the tick loop to the streams and to the HTTP shell, and ends all of it.

import { AccessControl } from "../api/access-control.ts";
import { operations, type Version } from "../api/operations/operations.ts";
import { bodies } from "../api/schemas/bodies.ts";
import { withCrossOrigin } from "../api/server/cross-origin.ts";
import { createShell, type Fetch } from "../api/server/shell.ts";
import type { Retention } from "../core/reconcile/reconciler.ts";
import { defaultRetention } from "../core/reconcile/retention.ts";
import type { ClusterState } from "../core/state/cluster-state.ts";
import type { HistoryLimits, Journal } from "../journal/journal.ts";
import type { Keys } from "../keys/keys.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { type Random, randomText } from "../lib/random.ts";
import type { Strategy } from "../model/cluster/cluster.ts";
import { limits } from "../model/limits.ts";
import type { NodeRecord } from "../model/node/node.ts";
import { systemOrigin } from "../model/origin.ts";
import { Backups } from "./backup/backups.ts";
import { type ReplaceableTerm, Restores } from "./backup/restores.ts";
import { createHandlers } from "./http/handlers/handlers.ts";
import type { HttpCounters } from "./http/metrics.ts";
import type { viewNode } from "./http/node-view.ts";
import { withQuickBeats } from "./http/quick-beat.ts";
import { TaskList } from "./http/task-list.ts";
import { LogStreams } from "./logs/log-streams.ts";
import { Snapshots } from "./loop/snapshots.ts";
import { TickLoop } from "./loop/tick-loop.ts";
import { HeartbeatStreams } from "./node-health/heartbeat-streams.ts";
import { NodeHealth } from "./node-health/node-health.ts";
import { StreamReplacements } from "./node-health/stream-replacements.ts";
import type { Recovered } from "./recovery.ts";
import type { Vault } from "./secrets/vault.ts";
import { VolumeJobs } from "./volumes/volume-jobs.ts";
import type { Watchers } from "./watch/watchers.ts";

export interface TermOptions {
  /** Open; the master closes it. */
  journal: Journal;
  clock: Clock;
  random: Random;
  log: Log;
  version: Version;
  strategy: Strategy;
  /** With which secrets are sealed. Left out or null: the cluster can have none. */
  keys?: Keys | null;
  /** Null if requests need no token. */
  token: string | null;
  /** Host names, beside localhost and IP addresses, under which clients may call the master. */
  allowedHosts: readonly string[];
  /** Origins of web pages that may call the API. Default: none but its own. */
  allowedOrigins?: readonly string[];
  retention?: Partial<Retention>;
  /** Changes from one snapshot to the next. Default: limits.snapshotChanges. */
  snapshotChanges?: number;
  /** How much history the journal keeps. Default: limits.historyMs and limits.historyBytes. */
  history?: HistoryLimits;
  /** How workers are reached. Default: the platform's fetch. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Mass-loss protection: when more than this share of the workers is silent at once, none counts as lost. 1 switches
   * it off. Default: limits.massLossFraction.
   */
  massLossFraction?: number;
  /** Ends the process: its state is no longer valid, and the next start recovers from the journal. */
  onFatal: (error: unknown) => void;
}

/** Begins the next term. Implemented by the master. */
export interface Successor {
  /** Ends the current term. Resolves when the epoch of the next is in the journal, or cannot be yet. */
  beginNextTerm(): Promise<void>;
}

export class Term implements ReplaceableTerm {
  readonly #options: TermOptions;
  readonly #successor: Successor;
  readonly #state: ClusterState;
  readonly #watchers: Watchers;
  readonly #snapshots: Snapshots;
  readonly #loop: TickLoop;
  readonly #health: NodeHealth;
  readonly #heartbeatStreams: HeartbeatStreams;
  readonly #logs: LogStreams;
  readonly #list: TaskList;
  #stopping = false;
  readonly fetch: Fetch;
  /** Resolves when the term's epoch is in the journal, or cannot be yet. */
  readonly begun: Promise<void>;

  constructor(
    options: TermOptions,
    { lease, state, leases, streams, watchers, vault, view, changesInLog }: Recovered,
    counters: HttpCounters,
    successor: Successor,
  ) {
    const { journal, clock, random, log, onFatal, retention, massLossFraction = limits.massLossFraction } = options;
    this.#options = options;
    this.#successor = successor;
    this.#state = state;
    this.#watchers = watchers;
    this.#list = new TaskList(state, watchers);
    this.#snapshots = new Snapshots({
      ...{ state, journal, clock, log, onFatal, changesInLog },
      everyChanges: options.snapshotChanges,
      history: options.history,
    });
    this.#loop = new TickLoop({
      ...{ state, journal, lease, clock, random, log, onFatal, retention: { ...defaultRetention, ...retention } },
      listeners: [this.#list, this.#watchers, this.#snapshots],
    });
    this.#health = new NodeHealth({
      ...{ state, leases, clock, log, loop: this.#loop, streams, massLossFraction },
    });
    this.#heartbeatStreams = new HeartbeatStreams(this.#health, this.#loop, new StreamReplacements(clock, log));
    this.#logs = new LogStreams(clock);
    this.begun = this.#begin();
    this.fetch = this.#createFetch(view, counters, vault);
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  beginNext(): Promise<void> {
    return this.#successor.beginNextTerm();
  }

  /** The journal holds another state now: refuses the commands that wait, and ends the streams. */
  retire(): void {
    this.#health.stop();
    void this.#snapshots.stop();
    this.#loop.retire();
    this.#watchers.close();
    this.#heartbeatStreams.close();
    this.#logs.close();
  }

  /** Decides the commands that wait, answers them, and ends the streams. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#health.stop();
    await this.#snapshots.stop();
    await this.#loop.stop();
    this.#watchers.close();
    this.#heartbeatStreams.close();
    this.#logs.close();
  }

  /** If the disk is full at start, reads are served from the recovered state, and the epoch begins when it can be written. */
  async #begin(): Promise<void> {
    const { random, strategy, clock } = this.#options;
    const command = { type: "startMaster", clusterId: randomText(random, 8), strategy } as const;
    const begun = await this.#loop.submit(command, systemOrigin("start"));
    if (begun.ok || begun.refusal.code !== "journal-unavailable") return;
    clock.timer(limits.retryInitialMs, () => void this.#begin());
  }

  #createFetch(view: (node: NodeRecord) => ReturnType<typeof viewNode>, counters: HttpCounters, vault: Vault): Fetch {
    const { journal, clock, log, version, token, allowedHosts, allowedOrigins = [] } = this.#options;
    const state = this.#state;
    const parts = { list: this.#list, loop: this.#loop, watchers: this.#watchers, nodeHealth: this.#health };
    const target = { state, journal, clock, writes: this.#loop, snapshots: this.#snapshots, term: this };
    const streams = this.#logs;
    const fetch = this.#options.fetch ?? ((url: string, init: RequestInit) => globalThis.fetch(url, init));
    const handlers = createHandlers({
      ...{ state, journal, ...parts, heartbeatStreams: this.#heartbeatStreams, view, clock, version, vault },
      metrics: {
        ...{ state, journal, ...parts, logs: streams, http: counters, version: version.version },
        snapshots: this.#snapshots,
      },
      logs: { token, clock, streams, fetch },
      volumeJobs: new VolumeJobs({ state, loop: this.#loop, clock, nodes: { token, clock, fetch } }),
      backups: new Backups({ state, loop: this.#loop, clock, version: version.version, begun: this.begun }),
      restores: new Restores({ target, log }),
    });
    const access = new AccessControl({ server: "master", token, allowedHosts, allowedOrigins });
    const shell = createShell({
      ...{ table: operations, bodies, handlers, access, log },
      hint: "GET /openapi.json lists all operations; /docs shows them as a page.",
      page: operations.docs.path,
      onAnswer: (method, status) => counters.count(method, status),
    });
    const quick = withQuickBeats(shell, { access, counters, loop: this.#loop, nodeHealth: this.#health });
    return withCrossOrigin(quick, access);
  }
}
