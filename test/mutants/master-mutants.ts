// Mistakes in what the master makes of nodes, reports and streams. Plain data.

import type { Mutant } from "./mutant.ts";

export const masterMutants: readonly Mutant[] = [
  // ---- nodes and reports
  {
    name: "lost-tasks-kept",
    sentence: "The tasks of a lost node are left as they were.",
    file: "src/core/commands/nodes.ts",
    find: "set }, ...failTasks(state, nodeId, reason, context)];",
    replace: "set }];",
    caughtBy: ["lost-are-replaced"],
  },
  {
    name: "replacement-forgets-constraints",
    sentence: "What replaces a lost task may run where the lost one might not.",
    file: "src/core/reconcile/restarts.ts",
    find: "spec: packSpec(spec) }",
    replace: "spec: packSpec({ ...spec, constraints: [] }) }",
    caughtBy: ["lost-are-replaced"],
  },
  {
    name: "finished-task-changes",
    sentence: "A late report changes what has finished.",
    file: "src/core/commands/task-report.ts",
    find: "if (!isPlaced(from)) return ok({ changes: [], granted });",
    replace: "",
    caughtBy: ["status-goes-forward"],
  },
  {
    name: "strangers-report",
    sentence: "A report is taken from a node that the task is not on.",
    file: "src/core/commands/task-report.ts",
    find: "report.nodeId !== undefined && report.nodeId !== nodeId",
    replace: "report.nodeId === undefined && nodeId === null",
    caughtBy: ["strangers-are-refused"],
  },
  {
    name: "retention-takes-the-living",
    sentence: "Retention removes the oldest tasks, also those that run.",
    file: "src/core/reconcile/retention.ts",
    find: "for (const taskId of state.finished.values()) {",
    replace:
      "for (const taskId of [...state.order.after('')].filter((id) => state.finished.size > kept.count || state.task(id).finishedAt)) {",
    caughtBy: ["removed-were-over"],
  },
  {
    name: "heartbeats-not-heard",
    sentence: "A heartbeat does not renew the lease.",
    file: "src/master/node-health/node-health.ts",
    find: "const pace = this.#renew(node);",
    replace: "const pace = this.#pace(node);",
    caughtBy: ["lost-were-away"],
  },
  {
    name: "sleep-taken-for-silence",
    sentence: "A master that was paused takes the time for the silence of its nodes.",
    file: "src/master/node-health/node-health.ts",
    find: "this.#options.leases.extend(slept ? Number.POSITIVE_INFINITY : lateMs, at);",
    replace: "",
    caughtBy: ["lost-were-away"],
  },
  {
    name: "one-beat-missed",
    sentence: "A node counts as lost when a single beat is late.",
    file: "src/master/node-health/leases.ts",
    find: "Math.max(stalled, intervalMs * limits.heartbeatsMissed)",
    replace: "intervalMs",
    caughtBy: ["lost-were-away"],
  },
  {
    name: "leases-too-long",
    sentence: "A lease is in seconds where milliseconds are meant: a dead node is missed in an hour.",
    file: "src/master/node-health/leases.ts",
    find: "lease.expiresAt = at + leaseMs;",
    replace: "lease.expiresAt = at + leaseMs * 1000;",
    caughtBy: ["dead-are-lost"],
  },
  {
    name: "heartbeats-are-news",
    sentence: "Each heartbeat is submitted as a command, whether it says something new or not.",
    file: "src/master/node-health/node-health.ts",
    find: 'node.status === "offline" ||',
    replace: 'node.status !== "lost" ||',
    caughtBy: ["quiet-when-settled"],
  },

  // ---- streams
  {
    name: "resumes-too-late",
    sentence: "A watcher that resumes misses the first revision after the one it had.",
    file: "src/master/watch/watch-history.ts",
    find: "event.revision > revision)",
    replace: "event.revision > revision + 1)",
    caughtBy: ["stream-equals-list"],
  },
  {
    name: "stops-not-told",
    sentence: "A worker is not told that a task is to stop.",
    file: "src/master/watch/worker-streams.ts",
    find: 'const isNews = was?.desired !== is.desired || (moved && is.observed.status !== "running");',
    replace: 'const isNews = moved && is.observed.status !== "running";',
    caughtBy: ["convergence", "acknowledged-writes-survive"],
  },
  {
    name: "removals-not-told",
    sentence: "A worker is not told that a task was removed.",
    file: "src/master/watch/worker-streams.ts",
    find: "if (is === null) this.#sendGone(nodeId, { revision, taskId: id, deleted: true });",
    replace: "if (is === null) return;",
    caughtBy: ["convergence", "containers-have-owners"],
  },
  {
    name: "streams-not-counted-down",
    sentence: "A stream that ended still counts, until no more may be opened.",
    file: "src/master/watch/watchers.ts",
    find: "this.#streams--;",
    replace: "",
    caughtBy: ["things-are-bounded"],
  },
];
