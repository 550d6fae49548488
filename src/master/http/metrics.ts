// The metrics of the master in Prometheus' text format. The counters belong to the parts that count.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Journal } from "../../journal/journal.ts";
import { taskStatuses } from "../../model/task/reason.ts";
import type { LogStreams } from "../logs/log-streams.ts";
import type { Snapshots } from "../loop/snapshots.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { NodeHealth } from "../node-health/node-health.ts";
import type { Watchers } from "../watch/watchers.ts";

/** HTTP answers by method and status. */
export class HttpCounters {
  readonly #byMethod = new Map<string, Map<number, number>>();

  count(method: string, status: number): void {
    let byStatus = this.#byMethod.get(method);
    if (!byStatus) {
      // Clients can send any method: only those of HTTP get a row of their own.
      if (!knownMethods.has(method)) {
        this.count("OTHER", status);
        return;
      }
      byStatus = new Map();
      this.#byMethod.set(method, byStatus);
    }
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  samples(): [labels: string, value: number][] {
    return [...this.#byMethod].flatMap(([method, byStatus]) =>
      [...byStatus].map(([status, value]): [string, number] => [`method="${method}",status="${status}"`, value]),
    );
  }
}

const knownMethods = new Set(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "OTHER"]);

export interface MetricsSources {
  state: ClusterState;
  loop: TickLoop;
  journal: Journal;
  snapshots: Snapshots;
  watchers: Watchers;
  nodeHealth: NodeHealth;
  logs: LogStreams;
  http: HttpCounters;
  version: string;
}

export function renderMetrics({
  state,
  loop,
  journal,
  watchers,
  nodeHealth,
  logs,
  http,
  version,
  snapshots,
}: MetricsSources): string {
  const { ticks, commands, changes, journalFailures } = loop.counters;
  const nodes = [...state.nodes.values()];
  const online = nodes.filter((node) => node.status === "online").length;
  return [
    metric("podling_build_info", "gauge", "The running version.", [[`version="${version}"`, 1]]),
    metric(
      "podling_tasks",
      "gauge",
      "Tasks by status.",
      taskStatuses.map((status) => [`status="${status}"`, state.counts[status]]),
    ),
    metric("podling_tasks_not_ready", "gauge", "Tasks that run and are not ready: they get no traffic.", [
      ["", state.notReady],
    ]),
    metric("podling_nodes", "gauge", "Nodes by status.", [
      ['status="online"', online],
      ['status="offline"', nodes.length - online],
    ]),
    metric(
      "podling_nodes_suspect",
      "gauge",
      "Online nodes that get no new tasks because their connection broke or they sent no heartbeat.",
      [["", nodes.filter(({ suspect }) => suspect !== null).length]],
    ),
    metric(
      "podling_nodes_damped",
      "gauge",
      "Nodes that were lost too often: for a time they get tasks only if no other node fits.",
      [["", nodes.filter(({ flapping }) => (flapping?.steadyUntil ?? null) !== null).length]],
    ),
    metric(
      "podling_nodes_lost_total",
      "counter",
      "Nodes declared lost, by cause.",
      Object.entries(nodeHealth.lost).map(([cause, count]) => [`cause="${cause}"`, count]),
    ),
    metric(
      "podling_mass_loss_hold",
      "gauge",
      "1 while mass-loss protection is active: most nodes stopped sending heartbeats at once, and none is declared lost.",
      [["", nodeHealth.holding ? 1 : 0]],
    ),
    metric("podling_revision", "gauge", "Revision of the newest batch.", [["", state.revision]]),
    metric("podling_ticks_total", "counter", "Ticks, each at most one batch and one fsync.", [["", ticks]]),
    metric("podling_commands_total", "counter", "Commands decided.", [["", commands]]),
    metric("podling_changes_total", "counter", "Changes made durable.", [["", changes]]),
    metric("podling_inbox_commands", "gauge", "Commands that wait for a tick.", [["", loop.waiting]]),
    metric("podling_journal_up", "gauge", "1 while the journal takes writes.", [
      ["", loop.journalError === null ? 1 : 0],
    ]),
    metric("podling_journal_failures_total", "counter", "Batches that the journal could not write.", [
      ["", journalFailures],
    ]),
    metric("podling_journal_bytes", "gauge", "Size of the journal.", [["", journal.sizeBytes()]]),
    metric("podling_snapshots_total", "counter", "Snapshots written.", [["", snapshots.taken]]),
    metric("podling_heartbeats_total", "counter", "Heartbeats received.", [["", nodeHealth.heartbeats]]),
    metric("podling_streams", "gauge", "Open event streams.", [["", watchers.streamCount]]),
    metric("podling_log_readers", "gauge", "Clients that are reading logs.", [["", logs.subscribers]]),
    metric("podling_log_feeds", "gauge", "Logs that are being read from workers, each for all its clients.", [
      ["", logs.size],
    ]),
    metric("podling_http_answers_total", "counter", "HTTP answers.", http.samples()),
    metric("process_resident_memory_bytes", "gauge", "Resident memory.", [["", process.memoryUsage.rss()]]),
    "",
  ].join("\n");
}

function metric(name: string, type: string, help: string, samples: [labels: string, value: number][]): string {
  const lines = samples.map(([labels, value]) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join("\n");
}
