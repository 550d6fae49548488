// The worker's own HTTP server: the handlers of its table of operations. Health needs no token, everything else does if
// one is set.

import type { AccessControl } from "../api/access-control.ts";
import { logTimesHeader, timesOfEntries } from "../api/log-times-header.ts";
import { loginFrom } from "../api/registry-login.ts";
import { revisionFrom } from "../api/revision-header.ts";
import { type CleanupQuery, cleanupKindsOf, type LogsQuery, withoutStream } from "../api/schemas/queries.ts";
import type { HandlersOf } from "../api/server/call.ts";
import { createShell, type Fetch } from "../api/server/shell.ts";
import { type WorkerHealth, type WorkerOperations, workerOperations } from "../api/worker-operations.ts";
import { parseCalendarTime } from "../lib/calendar-time.ts";
import type { Log } from "../lib/log.ts";
import { ok } from "../lib/result.ts";
import type { Cleanup } from "../model/node/cleanup.ts";
import { type Outcome, refuse } from "../model/refusal.ts";
import type { LogRequest } from "../runtime/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { EngineRefused, RuntimeError, SignalRefused } from "../runtime/runtime-error.ts";
import { defaultTail, logText, taskStatusOf } from "./first-edition.ts";
import { containerIdOf } from "./holdings.ts";
import { codeOf, LogReads } from "./log-reads.ts";
import type { ProbeCounts } from "./probes/prober.ts";
import type { Worker } from "./worker.ts";

export interface ServerOptions {
  worker: Worker;
  runtime: Runtime;
  access: AccessControl;
  log: Log;
  version: string;
}

export function createServer(options: ServerOptions): Fetch {
  const { access, log } = options;
  return createShell({
    ...{ table: workerOperations, bodies: {}, handlers: handlersOf(options), access, log },
    hint: "A worker has /health, /metrics, /cleanup, /images/digest, /tasks, /tasks/ID, /tasks/ID/logs and /volumes/NAME.",
    onAnswer: () => {},
  });
}

function handlersOf({ worker, runtime, version }: ServerOptions): HandlersOf<WorkerOperations> {
  const reads = new LogReads(runtime);
  const find = (taskId: string) => worker.holdings().find((one) => one.taskId === taskId);
  return {
    health: () => ok(health(worker)),
    metrics: () => {
      const headers = { "content-type": "text/plain; version=0.0.4" };
      return ok(new Response(metrics(worker, version), { headers }));
    },
    listTasks: () => ok(worker.holdings()),
    getTask: ({ parameters }) => {
      const found = find(parameters.id);
      return found ? ok(found) : unknownTask(parameters.id);
    },
    taskLogs: async (call) => {
      const { id } = call.parameters;
      const containerId = containerIdOf(find(id), call.query.container);
      if (containerId === undefined) return unknownTask(id);
      const request = logRequest(call.query, call.headers);
      if (!request.ok) return request;
      call.mayTakeLong();
      const stream = await reads.open(containerId, request.value, call.signal);
      if (!stream.ok) return stream;
      return stream.value ? ok(stream.value) : unknownTask(id);
    },
    taskStatus: ({ parameters }) => {
      const found = find(parameters.id);
      return found ? ok(taskStatusOf(found)) : unknownTask(parameters.id);
    },
    taskLogsText: async ({ parameters, query, signal }) => {
      const { id: taskId } = parameters;
      const containerId = find(taskId)?.found?.containerId;
      if (containerId === undefined) return unknownTask(taskId);
      const tail = query.tail ?? defaultTail;
      const request = { follow: false, tail, sinceMs: null, timestamps: "none" as const, stdout: true, stderr: true };
      const stream = await reads.open(containerId, request, signal);
      if (!stream.ok) return stream;
      return stream.value ? ok({ taskId, logs: await logText(stream.value), tail }) : unknownTask(taskId);
    },
    killTask: async ({ parameters, query }) => {
      const { id } = parameters;
      const containerId = containerIdOf(find(id), query.container);
      if (containerId === undefined && query.container !== undefined && find(id)) return notCreated(query.container);
      return containerId === undefined ? unknownTask(id) : kill(runtime, containerId, query.signal ?? "KILL");
    },
    removeVolume: (call) => {
      call.mayTakeLong();
      return onVolume(worker.volumes.remove(call.parameters.id, revisionFrom(call.headers)));
    },
    imageDigest: async ({ query, signal, headers }) => {
      try {
        return ok(await runtime.images.digest(query.image, signal, loginFrom(headers)));
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error;
        return refuse(codeOf(error), error.message, { hint: "Try again when the engine answers." });
      }
    },
    archiveVolume: (call) => {
      call.mayTakeLong();
      return onVolume(worker.volumes.archive(call.parameters.id, call.signal));
    },
    fillVolume: (call) => {
      call.mayTakeLong();
      const { parameters, query, headers, signal } = call;
      const asked = { replace: query.replace ?? false, revision: revisionFrom(headers) };
      return onVolume(worker.volumes.fill(parameters.id, call.upload(), asked, signal));
    },
    previewCleanup: (call) => {
      call.mayTakeLong();
      return cleanup(worker, call.query, true);
    },
    clean: (call) => {
      call.mayTakeLong();
      return cleanup(worker, call.query, false);
    },
  };
}

function refuseSignal({ why, message }: SignalRefused): Outcome<never> {
  switch (why) {
    case "no-such-signal":
      return refuse("unprocessable", message, { hint: "kill -l lists the signals of the node's system." });
    case "not-running":
      return refuse("illegal-move", message, { hint: "A signal reaches only a container that runs." });
    case "no-container":
      return refuse("task-not-found", message, { hint: "Its container was removed by someone other than Podling." });
  }
}

/** One of several, which waits for others. */
function notCreated(container: string): Outcome<never> {
  return refuse("illegal-move", `its container ${container} has not started yet: it has no process`, {
    hint: "podling explain TASK says what each container waits for.",
  });
}

async function kill(runtime: Runtime, containerId: string, signal: string): Promise<Outcome<null>> {
  try {
    await runtime.containers.kill(containerId, signal);
    return ok(null);
  } catch (error) {
    if (error instanceof SignalRefused) return refuseSignal(error);
    if (!(error instanceof RuntimeError)) throw error;
    return refuse(codeOf(error), error.message, { hint: "It is not known whether the signal was delivered." });
  }
}

/** Work on a volume: an error of the engine is a refusal. */
async function onVolume<T>(work: Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return refuse(codeOf(error), error.message, {
      hint: "Try again when podling nodes shows no engine error for this node.",
    });
  }
}

async function cleanup(worker: Worker, query: CleanupQuery, dryRun: boolean): Promise<Outcome<Cleanup>> {
  try {
    return ok(await worker.clean(cleanupKindsOf(query), dryRun));
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    const next =
      error instanceof EngineRefused
        ? "The log of the engine on that node may say more."
        : "Try again when podling nodes shows no engine error for this node.";
    return refuse(codeOf(error), error.message, { hint: `Nothing was removed. ${next}` });
  }
}

function logRequest(query: LogsQuery, headers: Headers): Outcome<LogRequest> {
  const { since, stdout = true, stderr = true, timestamps = false } = query;
  const sinceMs = since === undefined ? null : Math.max(0, parseCalendarTime(since)?.ms ?? Number.NaN);
  if (Number.isNaN(sinceMs)) {
    return refuse(
      "invalid-field",
      `query parameter "since": a worker expects an ISO 8601 time; got ${JSON.stringify(since)}`,
      { hint: "Ask the master: it also takes durations such as 10m.", details: { field: "since" } },
    );
  }
  const noStream = withoutStream({ stdout, stderr });
  if (noStream) return noStream;
  return ok({
    follow: query.follow ?? false,
    tail: query.tail ?? null,
    sinceMs,
    timestamps: !timestamps ? "none" : headers.get(logTimesHeader) === timesOfEntries ? "entries" : "lines",
    ...{ stdout, stderr },
  });
}

function health(worker: Worker): WorkerHealth {
  return {
    service: "podling-worker",
    status: worker.engineError === null ? "ok" : "degraded",
    message: worker.engineError ?? "",
    nodeId: worker.nodeId,
    master: worker.masterUp ? "up" : "down",
  };
}

function metrics(worker: Worker, version: string): string {
  const { counters, engineError, masterUp } = worker;
  const containers = worker.holdings().filter(({ found }) => found !== null);
  const running = containers.filter(({ found }) => found?.status === "running").length;
  type Row = [name: string, type: "gauge" | "counter", help: string, value: number, labels?: string];
  const rows: Row[] = [
    ["podling_worker_build_info", "gauge", "The version that runs.", 1, `{version="${version}"}`],
    [
      "podling_worker_engine_up",
      "gauge",
      "1 while the engine answers and can start containers.",
      engineError === null ? 1 : 0,
    ],
    ["podling_worker_master_up", "gauge", "1 while the master answers.", masterUp ? 1 : 0],
    ["podling_worker_containers_running", "gauge", "Running containers.", running],
    [
      "podling_worker_containers_ended",
      "gauge",
      "Ended containers that are kept for their logs.",
      containers.length - running,
    ],
    ["podling_worker_starts_total", "counter", "Containers started.", counters.starts],
    ["podling_worker_restarts_total", "counter", "Starts that were restarts by policy.", counters.restarts],
    ["podling_worker_failures_total", "counter", "Tasks that could not be started.", counters.failures],
    ["podling_worker_pulls_total", "counter", "Image pulls started.", counters.pulls],
    ["podling_worker_heartbeats_total", "counter", "Heartbeats answered.", counters.heartbeats],
    ["podling_worker_syncs_total", "counter", "Complete sets of assignments received.", counters.syncs],
    ["process_resident_memory_bytes", "gauge", "Resident memory.", process.memoryUsage.rss()],
  ];
  const lines = rows.map(
    ([name, type, help, value, labels = ""]) =>
      `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}${labels} ${value}\n`,
  );
  return `${lines.join("")}${probeMetric(worker.probeCounts)}`;
}

function probeMetric(counts: ProbeCounts): string {
  const name = "podling_worker_probes_total";
  const samples = Object.entries(counts).flatMap(([probe, results]) =>
    Object.entries(results).map(([result, value]) => `${name}{probe="${probe}",result="${result}"} ${value}\n`),
  );
  const help = "Checks of probes by result; unknown: the engine did not answer.";
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${samples.join("")}`;
}

function unknownTask(taskId: string): Outcome<never> {
  return refuse("task-not-found", `this node has no container of task ${taskId}`, {
    hint: "Ended containers are kept for their logs, up to a limit.",
  });
}
