// Answers the most frequent request before the HTTP shell sees it: a heartbeat without a body, of a node that is well, from a
// worker that asks for the short answer.
// Such a beat only renews a lease, so it needs no route, no schema and no command, and its answer rarely changes. All
// other requests, also heartbeats that are refused or that carry news, go to the shell.

import type { AccessControl } from "../../api/access-control.ts";
import { operations } from "../../api/operations/operations.ts";
import { wantsShortAnswer } from "../../api/prefer-header.ts";
import type { Fetch } from "../../api/server/shell.ts";
import { instanceHeader } from "../../api/worker-instance.ts";
import type { NodeId } from "../../model/ids.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { NodeHealth } from "../node-health/node-health.ts";
import type { HttpCounters } from "./metrics.ts";

export interface QuickBeatOptions {
  access: AccessControl;
  counters: HttpCounters;
  loop: TickLoop;
  nodeHealth: NodeHealth;
}

const before = "/api/v1/nodes/";
const after = "/heartbeat";
const init = { status: 200, headers: new Headers({ "content-type": "application/json" }) };

export function withQuickBeats(fetch: Fetch, { access, counters, loop, nodeHealth }: QuickBeatOptions): Fetch {
  const quickly = (request: Request): string | null => {
    const { url } = request;
    if (request.method !== "POST" || !url.endsWith(after)) return null;
    const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("//") + 2);
    if (!url.startsWith(before, start) || !isEmpty(request.headers) || !wantsShortAnswer(request.headers)) return null;
    if (access.refusal(request.headers, operations.heartbeat.access) !== null) return null;
    // What the state says is not durable while an append is under way.
    if (loop.whenDurable()) return null;
    const nodeId = url.slice(start + before.length, -after.length) as NodeId;
    return nodeHealth.beat(nodeId, request.headers.get(instanceHeader));
  };
  return (request, connection) => {
    const text = quickly(request);
    if (text === null) return fetch(request, connection);
    counters.count("POST", 200);
    return Promise.resolve(new Response(text, init));
  };
}

/** True when the request has no body. */
function isEmpty(headers: Headers): boolean {
  const length = headers.get("content-length");
  return length === "0" || (length === null && headers.get("transfer-encoding") === null);
}
