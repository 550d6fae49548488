// The worker's own HTTP server: health for anybody; metrics, tasks, logs and clean-up for whoever has the token.

import type { Guard } from "../api/guard.ts";
import { refusalResponse } from "../api/refusal-response.ts";
import { type CleanupQuery, cleanupKindsOf, cleanupQuery, type LogsQuery, logsQuery } from "../api/schemas/schemas.ts";
import { parseQuery } from "../api/schemas/validation.ts";
import { framedMediaType } from "../lib/frames.ts";
import { limits } from "../model/limits.ts";
import type { Refusal } from "../model/refusal.ts";
import { type LogRequest, type Runtime, RuntimeError } from "../runtime/runtime.ts";
import type { Worker } from "./worker.ts";

export interface ServerOptions {
  worker: Worker;
  runtime: Runtime;
  guard: Guard;
  version: string;
}

export type WorkerFetch = (request: Request) => Promise<Response>;

export function createServer({ worker, runtime, guard, version }: ServerOptions): WorkerFetch {
  const logs = new LogStreams(runtime);
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const open = pathname === "/health";
    const unwelcome = guard.refusal(request.headers, open);
    if (unwelcome) return refusalResponse(unwelcome);
    if (pathname === "/cleanup") return cleanup(worker, request, searchParams);
    if (request.method !== "GET") return refusalResponse(onlyGet(request.method));
    if (open) return Response.json(health(worker));
    if (pathname === "/metrics")
      return new Response(metrics(worker, version), { headers: { "content-type": "text/plain; version=0.0.4" } });
    const [, first, taskId, rest, ...more] = pathname.split("/");
    if (first !== "tasks" || more.length > 0) return refusalResponse(nothingAt(pathname));
    const holdings = worker.holdings();
    if (taskId === undefined) return Response.json(holdings);
    const holding = holdings.find((one) => one.taskId === taskId);
    if (!holding) return refusalResponse(unknownTask(taskId));
    if (rest === undefined) return Response.json(holding);
    if (rest !== "logs") return refusalResponse(nothingAt(pathname));
    const query = parseQuery(logsQuery, searchParams);
    if (!query.ok) return refusalResponse(query.refusal);
    const wanted = logRequest(query.value as LogsQuery);
    if ("code" in wanted) return refusalResponse(wanted);
    if (!holding.found) return refusalResponse(unknownTask(taskId));
    const stream = await logs.open(holding.found.containerId, wanted, request.signal);
    if (stream === null) return refusalResponse(unknownTask(taskId));
    if (!(stream instanceof ReadableStream)) return refusalResponse(stream);
    return new Response(stream, { headers: { "content-type": framedMediaType, "cache-control": "no-store" } });
  };
}

/** GET says what would go, POST removes it. */
async function cleanup(worker: Worker, { method }: Request, search: URLSearchParams): Promise<Response> {
  if (method !== "GET" && method !== "POST") return refusalResponse(onlyGet(method, ["GET", "POST"]));
  const query = parseQuery(cleanupQuery, search);
  if (!query.ok) return refusalResponse(query.refusal);
  try {
    return Response.json(await worker.clean(cleanupKindsOf(query.value as CleanupQuery), method === "GET"));
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    const hint = "Nothing was removed. Try again when podling nodes shows the node well.";
    return refusalResponse({ code: "node-unreachable", message: error.message, hint });
  }
}

/** Listens; throws where the port is taken. */
export function serveWorker(fetch: WorkerFetch, hostname: string, port: number) {
  return Bun.serve({
    hostname,
    port,
    idleTimeout: 0, // followed logs may be quiet for days; whoever asks is the master, which gives up by itself
    maxRequestBodySize: limits.bodyBytes,
    fetch: (request) => fetch(request),
  });
}

/** Begins every followed log, so that whoever asks knows at once that it is one: a quiet container may say nothing for days. */
const emptyFrame = new Uint8Array(8).fill(1, 0, 1);

/** Logs that are being read. Each holds a connection to the engine, so there is a bound. */
class LogStreams {
  readonly #runtime: Runtime;
  #open = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async open(
    containerId: string,
    request: LogRequest,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | Refusal | null> {
    if (this.#open >= limits.logStreams) return tooManyLogs(this.#open);
    this.#open++;
    try {
      const stream = await this.#runtime.logs(containerId, request, signal);
      if (stream) return this.#counted(stream, request.follow ? [emptyFrame.slice()] : []);
      this.#open--;
      return null;
    } catch (error) {
      this.#open--;
      if (!(error instanceof RuntimeError)) throw error;
      return { code: "node-unreachable", message: error.message, hint: "The logs come back with the engine." };
    }
  }

  /** The same stream, with the back-pressure of its reader, counted until it ends or nobody reads on. */
  #counted(stream: ReadableStream<Uint8Array>, first: Uint8Array[]): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    let counts = true;
    const ended = () => {
      if (counts) this.#open--;
      counts = false;
    };
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = first.shift();
        if (next) return controller.enqueue(next);
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          ended();
          controller.close();
        } catch (error) {
          ended();
          controller.error(error);
        }
      },
      async cancel() {
        ended();
        await reader.cancel();
      },
    });
  }
}

function logRequest(query: LogsQuery): LogRequest | Refusal {
  const { since } = query;
  const sinceMs = since === undefined ? null : Date.parse(since);
  if (Number.isNaN(sinceMs)) {
    return {
      code: "invalid-field",
      message: `query parameter "since": a worker expects an ISO 8601 time; got ${JSON.stringify(since)}`,
      hint: "Ask the master: it also takes durations such as 10m.",
      details: { field: "since" },
    };
  }
  return {
    follow: query.follow ?? false,
    tail: query.tail ?? null,
    sinceMs,
    timestamps: query.timestamps ?? false,
    stdout: query.stdout ?? true,
    stderr: query.stderr ?? true,
  };
}

function tooManyLogs(open: number): Refusal {
  return {
    code: "too-many",
    message: `${open} logs are being read from this node, which is its limit`,
    hint: "Close some, or read without follow.",
    details: { what: "log streams", count: open },
  };
}

function health(worker: Worker) {
  return {
    status: worker.engineError === null ? "ok" : "degraded",
    message: worker.engineError === null ? "" : `the engine is away: ${worker.engineError}`,
    nodeId: worker.nodeId,
    master: worker.masterUp ? "up" : "down",
  };
}

function metrics(worker: Worker, version: string): string {
  const { counters, engineError, masterUp } = worker;
  const containers = worker.holdings().filter(({ found }) => found !== null);
  const running = containers.filter(({ found }) => found?.status === "running").length;
  const rows: [name: string, type: "gauge" | "counter", help: string, value: number, labels?: string][] = [
    ["podling_worker_build_info", "gauge", "The version that runs.", 1, `{version="${version}"}`],
    ["podling_worker_engine_up", "gauge", "1 while the engine answers.", engineError === null ? 1 : 0],
    ["podling_worker_master_up", "gauge", "1 while the master answers.", masterUp ? 1 : 0],
    ["podling_worker_containers_running", "gauge", "Containers that run.", running],
    ["podling_worker_containers_ended", "gauge", "Ended containers kept for their logs.", containers.length - running],
    ["podling_worker_starts_total", "counter", "Containers started.", counters.starts],
    ["podling_worker_restarts_total", "counter", "Starts that were restarts by policy.", counters.restarts],
    ["podling_worker_failures_total", "counter", "Tasks that could not be started.", counters.failures],
    ["podling_worker_pulls_total", "counter", "Pulls begun.", counters.pulls],
    ["podling_worker_heartbeats_total", "counter", "Heartbeats answered.", counters.heartbeats],
    ["podling_worker_syncs_total", "counter", "Whole sets received.", counters.syncs],
    ["process_resident_memory_bytes", "gauge", "Resident memory.", process.memoryUsage.rss()],
  ];
  return rows
    .map(
      ([name, type, help, value, labels = ""]) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}${labels} ${value}\n`,
    )
    .join("");
}

function unknownTask(taskId: string): Refusal {
  return {
    code: "task-not-found",
    message: `this node has no container of task ${taskId}`,
    hint: "Ended containers are kept for their logs by a limit.",
  };
}

function nothingAt(path: string): Refusal {
  return {
    code: "route-not-found",
    message: `there is nothing at ${path}`,
    hint: "A worker has /health, /metrics, /cleanup, /tasks, /tasks/ID and /tasks/ID/logs.",
  };
}

function onlyGet(method: string, allowed: readonly string[] = ["GET"]): Refusal {
  return {
    code: "method-not-allowed",
    message: `a worker does not take ${method} here`,
    hint: "Ask the master to change something.",
    details: { allowed },
  };
}
