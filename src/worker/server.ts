// The worker's own HTTP server: health and metrics for anybody, tasks and logs for whoever has the token.

import type { Guard } from "../api/guard.ts";
import { refusalResponse } from "../api/refusal-response.ts";
import { framedMediaType } from "../lib/frames.ts";
import { limits } from "../model/limits.ts";
import type { Refusal } from "../model/refusal.ts";
import { type Runtime, RuntimeError } from "../runtime/runtime.ts";
import type { Worker } from "./worker.ts";

export interface ServerOptions {
  worker: Worker;
  runtime: Runtime;
  guard: Guard;
  version: string;
}

export type WorkerFetch = (request: Request) => Promise<Response>;

export function createServer({ worker, runtime, guard, version }: ServerOptions): WorkerFetch {
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const [, first, taskId, rest, ...more] = pathname.split("/");
    const open = pathname === "/health";
    const unwelcome = guard.refusal(request.headers, open);
    if (unwelcome) return refusalResponse(unwelcome);
    if (request.method !== "GET") return refusalResponse(onlyGet(request.method));
    if (open) return Response.json(health(worker));
    if (pathname === "/metrics")
      return new Response(metrics(worker, version), { headers: { "content-type": "text/plain; version=0.0.4" } });
    if (first !== "tasks" || more.length > 0) return refusalResponse(nothingAt(pathname));
    const holdings = worker.holdings();
    if (taskId === undefined) return Response.json(holdings);
    const holding = holdings.find((one) => one.taskId === taskId);
    if (!holding) return refusalResponse(unknownTask(taskId));
    if (rest === undefined) return Response.json(holding);
    if (rest !== "logs") return refusalResponse(nothingAt(pathname));
    if (!holding.found) return refusalResponse(unknownTask(taskId));
    try {
      const logs = await runtime.logs(holding.found.containerId, logRequest(searchParams), request.signal);
      if (!logs) return refusalResponse(unknownTask(taskId));
      return new Response(logs, { headers: { "content-type": framedMediaType, "cache-control": "no-store" } });
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      return refusalResponse({
        code: "node-unreachable",
        message: error.message,
        hint: "The logs come back with the engine.",
      });
    }
  };
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

function logRequest(query: URLSearchParams) {
  const flag = (name: string, byDefault: boolean) => {
    const value = query.get(name);
    return value === null ? byDefault : value !== "false" && value !== "0";
  };
  const tail = query.get("tail");
  const since = Date.parse(query.get("since") ?? "");
  return {
    follow: flag("follow", false),
    tail: tail !== null && /^\d+$/.test(tail) ? Math.min(Number(tail), limits.logTailMax) : null,
    sinceMs: Number.isNaN(since) ? null : since,
    timestamps: flag("timestamps", false),
    stdout: flag("stdout", true),
    stderr: flag("stderr", true),
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
    hint: "A worker has /health, /metrics, /tasks, /tasks/ID and /tasks/ID/logs.",
  };
}

function onlyGet(method: string): Refusal {
  return {
    code: "method-not-allowed",
    message: `a worker does not take ${method}`,
    hint: "Ask the master to change something.",
    details: { allowed: ["GET"] },
  };
}
