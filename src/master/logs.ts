// A task's logs, fetched from the worker that has them and passed on as they come, with the reader's back-pressure.

import type { LogsQuery } from "../api/schemas.ts";
import { toTimestamp } from "../lib/clock.ts";
import { framedMediaType, unframe } from "../lib/frames.ts";
import { ok } from "../lib/result.ts";
import type { NodeRecord } from "../model/node.ts";
import { parseDuration } from "../model/quantity.ts";
import { type Outcome, refuse } from "../model/refusal.ts";
import type { Task } from "../model/task.ts";
import { type AskContext, askNode, unexpected } from "./ask-node.ts";

export type LogsContext = AskContext;

export async function fetchLogs(
  task: Task,
  node: NodeRecord | undefined,
  query: LogsQuery,
  accept: string,
  signal: AbortSignal,
  context: LogsContext,
): Promise<Outcome<Response>> {
  const since = parseSince(query.since, context.clock.now());
  if (!since.ok) return since;
  if (task.nodeId === null || (task.containerId === null && task.status !== "running" && task.startedAt === null)) {
    return refuse(
      "logs-unavailable",
      `task ${task.name} (${task.taskId}) has no logs: it is ${task.status}, ${task.reason.message}`,
      {
        hint: `podling explain ${task.name} says more.`,
      },
    );
  }
  if (!node) {
    return refuse("logs-unavailable", `the logs of ${task.name} were on ${task.nodeId}, which has been deregistered`, {
      hint: "Logs stay on the node that ran the task.",
    });
  }
  const response = await askWorker(task, node, query, since.value, signal, context);
  if (!response.ok) return response;
  const framed = accept.includes(framedMediaType);
  const body = response.value.body;
  const headers = {
    "content-type": framed ? framedMediaType : "text/plain; charset=utf-8",
    "cache-control": "no-store",
  };
  return ok(new Response(body && !framed ? unframe(body) : body, { headers }));
}

async function askWorker(
  task: Task,
  node: NodeRecord,
  query: LogsQuery,
  sinceMs: number | null,
  signal: AbortSignal,
  context: LogsContext,
): Promise<Outcome<Response>> {
  const { since: _, ...rest } = query;
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) params.set(key, String(value));
  if (sinceMs !== null) params.set("since", toTimestamp(sinceMs));
  const answer = await askNode(node, `/tasks/${task.taskId}/logs?${params}`, context, {
    accept: framedMediaType,
    signal,
    hint: "The task may go on running; its logs can be read when the node answers again.",
  });
  if (!answer.ok) return answer;
  const { value: response } = answer;
  if (response.ok && response.headers.get("content-type") === framedMediaType) return ok(response);
  if (response.status !== 404) return unexpected(node, response);
  await response.text();
  return refuse("logs-unavailable", `the container of ${task.name} (${task.taskId}) is gone from ${node.hostname}`, {
    hint: "Ended containers are kept for their logs by a limit on the worker.",
  });
}

/** A time, seconds since the epoch, or a duration back from now; in ms since the epoch. */
function parseSince(text: string | undefined, now: number): Outcome<number | null> {
  if (text === undefined) return ok(null);
  const back = /^\d{9,}(\.\d+)?$/.test(text) ? undefined : parseDuration(text);
  if (back !== undefined) return ok(now - back);
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (!Number.isNaN(ms)) return ok(ms);
  return refuse(
    "invalid-field",
    `query parameter "since": expected a time or a duration such as 10m; got ${JSON.stringify(text)}`,
    {
      hint: "Write 10m, 2025-01-19T12:34:56Z, or seconds since the epoch.",
      details: { field: "since" },
    },
  );
}
