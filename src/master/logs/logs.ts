// The logs of a task: asks the worker that has them, and passes them on as they arrive.

import { logTimesHeader, timesOfEntries } from "../../api/log-times-header.ts";
import type { QueryValue } from "../../api/operations/url-path.ts";
import { type LogsQuery, withoutStream } from "../../api/schemas/queries.ts";
import { workerOperations } from "../../api/worker-operations.ts";
import { parseCalendarTime } from "../../lib/calendar-time.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { framedMediaType } from "../../lib/frames.ts";
import { ok } from "../../lib/result.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { parseDuration } from "../../model/quantity.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { TaskView } from "../../model/task/view.ts";
import { type AskContext, askNode, unusable } from "../node-client/ask-node.ts";
import type { LogContainer } from "./log-container.ts";
import type { LogSelection, LogSource, LogStreams } from "./log-streams.ts";
import { subscribeToLog } from "./log-subscriber.ts";

export type LogsContext = AskContext & { streams: LogStreams };

export async function fetchLogs(
  { task, container }: LogContainer,
  node: NodeRecord | undefined,
  query: LogsQuery,
  accept: string,
  signal: AbortSignal,
  context: LogsContext,
): Promise<Outcome<Response>> {
  const since = parseSince(query.since, context.clock.now());
  if (!since.ok) return since;
  const neither = withoutStream(query);
  if (neither) return neither;
  const hasRun = task.containerId !== null || task.startedAt !== null;
  if (task.nodeId === null || !(hasRun || (container === null && task.status === "running"))) {
    return refuse(
      "logs-unavailable",
      `task ${task.name} (${task.taskId}) has no logs: it is ${task.status}, ${task.reason.message}`,
      {
        hint: `podling explain ${task.name} shows why.`,
      },
    );
  }
  if (!node) {
    return refuse("logs-unavailable", `the logs of ${task.name} were on ${task.nodeId}, which has been deregistered`, {
      hint: "Logs stay on the node that ran the task.",
    });
  }
  const source: LogSource = {
    id: `${task.taskId} ${task.containerId} ${node.nodeId} ${node.address}:${node.port}`,
    open: (selection, given) => askWorker({ task, container }, node, selection, given, context),
  };
  const { follow = false, tail = null, stdout = true, stderr = true, timestamps = false } = query;
  const selection: LogSelection = { follow, tail, sinceMs: since.value, stdout, stderr };
  const framed = accept.includes(framedMediaType);
  const body = await subscribeToLog(
    { streams: context.streams, source, selection, format: { framed, timestamps } },
    signal,
  );
  if (!body.ok) return body;
  const headers = {
    "content-type": framed ? framedMediaType : "text/plain; charset=utf-8",
    "cache-control": "no-store",
  };
  return ok(new Response(body.value, { headers }));
}

/** Asks for times too: by them a subscriber that fell behind finds its position again. */
async function askWorker(
  { task, container }: LogContainer,
  node: NodeRecord,
  selection: LogSelection,
  signal: AbortSignal,
  context: LogsContext,
): Promise<Outcome<ReadableStream<Uint8Array>>> {
  const request = {
    operation: workerOperations.taskLogs,
    parameters: { id: task.taskId },
    query: { ...queryOf(selection), ...(container === null ? {} : { container }) },
    accept: framedMediaType,
    headers: { [logTimesHeader]: timesOfEntries },
    hint: "The task may still be running; its logs can be read when the node answers again.",
  };
  const answer = await askNode(node, { ...request, signal }, context);
  if (!answer.ok) return answer;
  const { value: response } = answer;
  if (response.ok && response.headers.get("content-type") === framedMediaType && response.body)
    return ok(response.body);
  return refusedByWorker(task, node, response);
}

function queryOf({ sinceMs, tail, ...selection }: LogSelection): Record<string, QueryValue> {
  return {
    ...selection,
    timestamps: true,
    tail: tail ?? undefined,
    since: sinceMs === null ? undefined : toTimestamp(sinceMs),
  };
}

async function refusedByWorker(task: TaskView, node: NodeRecord, response: Response): Promise<Outcome<never>> {
  const { code, message, hint = "", details = {} } = await unusable(node, response);
  const name = `${task.name} (${task.taskId})`;
  switch (code) {
    case "task-not-found":
      return refuse("logs-unavailable", `the container of ${name} is gone from ${node.hostname}`, {
        hint: "Ended containers are kept for their logs by a limit on the worker.",
      });
    case "logs-unavailable":
      return refuse(code, `${name} has no logs to read; ${message}`, { hint });
    case "too-many":
      return refuse(code, `the worker on ${node.hostname} has as many logs to read as it takes at once`, {
        hint: "Close some, or try again.",
        details: { what: "logs of a node", ...details },
      });
    default:
      return refuse(code === "engine-refused" ? code : "node-unreachable", message, { hint, details });
  }
}

/** The end of the year 9999: later times have another form in ISO 8601. */
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Parses a time, seconds since the epoch, or a duration back from now; returns ms since the epoch; a time before it is the epoch. */
function parseSince(text: string | undefined, now: number): Outcome<number | null> {
  if (text === undefined) return ok(null);
  const back = /^\d{9,}(\.\d+)?$/.test(text) ? undefined : parseDuration(text);
  const time = parseCalendarTime(text);
  const at = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : (time?.ms ?? Number.NaN);
  const ms = back === undefined ? at : now - back;
  // Such a time would be in the zone of this machine, which the client does not know.
  const withoutZone = time?.hasZone === false;
  if (ms <= latestMs && !withoutZone) return ok(Math.max(0, ms));
  const expected = withoutZone ? "a time with its zone" : "a time or a duration such as 10m";
  return refuse("invalid-field", `query parameter "since": expected ${expected}; got ${JSON.stringify(text)}`, {
    hint: "Write 10m, 2025-01-19T12:34:56Z, or seconds since the epoch.",
    details: { field: "since" },
  });
}
