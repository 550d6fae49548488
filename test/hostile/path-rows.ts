// What is wrong with where a request goes and what it asks for: paths, ids, queries, and what the cluster's state forbids.

import { asks, bearer, host, type Row, sends, wire } from "./request.ts";

const task = "task-not-found";
const node = "node-not-found";
const service = "service-not-found";

const paths: Row[] = [
  asks("nothing there", "GET /nope", 404, "route-not-found"),
  asks("the root", "GET /", 404, "route-not-found"),
  asks("a version that there is not", "GET /api/v2/tasks", 404, "route-not-found"),
  asks("a slash too many at the end", "GET /api/v1/tasks/", 404, "route-not-found"),
  asks("a slash too many at the start", "GET //api/v1/tasks", 404, "route-not-found"),
  asks("a host at the start", "GET //evil.example/api/v1/tasks", 404, "route-not-found"),
  asks("capital letters", "GET /API/V1/TASKS", 404, "route-not-found"),
  asks("a level too deep", "GET /api/v1/tasks/web/logs/more", 404, "route-not-found"),
  asks("dots that lead out", "GET /api/v1/../../../../etc/passwd", 404, "route-not-found"),
  asks("dots that are encoded", "GET /api/v1/%2e%2e/%2e%2e/etc/passwd", 404, "route-not-found"),
  asks("dots and backslashes", "GET /api/v1/tasks\\..\\..\\..\\etc", 404, "route-not-found"),
  asks("slashes that are encoded", "GET /api/v1/tasks/..%2f..%2fetc%2fpasswd", 404, task),
  asks("slashes encoded twice", "GET /api/v1/tasks/..%252f..%252fetc", 404, task),
  asks("backslashes that are encoded", "GET /api/v1/tasks/..%5c..%5cetc", 404, task),
  asks("an encoded NUL", "GET /api/v1/tasks/web%00", 404, task),
  asks("an encoded line end", "GET /api/v1/tasks/web%0d%0aX:%20y", 404, task),
  asks("an encoding of nothing", "GET /api/v1/tasks/%zz", 404, task),
  asks("half of an encoding", "GET /api/v1/tasks/%", 404, task),
  asks("bad UTF-8 in an encoding", "GET /api/v1/tasks/%ff%fe", 404, task),
  asks("an overlong encoding", "GET /api/v1/tasks/%c0%af", 404, task),
  asks("bad UTF-8 as it is", "GET /api/v1/tasks/\xff\xfe", 404, task),
  asks("an id of 10,000 letters", `GET /api/v1/tasks/${"a".repeat(10_000)}`, 404, task),
  asks("a task named __proto__", "GET /api/v1/tasks/__proto__", 404, task),
  asks("a task named constructor", "DELETE /api/v1/tasks/constructor", 404, task),
  asks("a task named toString", "POST /api/v1/tasks/toString/stop", 404, task),
  asks("a task that looks like a pattern", "GET /api/v1/tasks/.*", 404, task),
  asks("a task that looks like SQL", "DELETE /api/v1/tasks/'%20OR%201=1--", 404, task),
  asks("an empty id", "GET /api/v1/tasks//logs", 404, "route-not-found"),
  asks("a space as id", "GET /api/v1/tasks/%20", 404, task),
  asks("a node named __proto__", "GET /api/v1/nodes/__proto__", 404, node),
  asks("a node named constructor", "POST /api/v1/nodes/constructor/deregister", 404, node),
  asks("dots as a node", "POST /api/v1/nodes/%2e%2e%2f/cordon", 404, node),
  asks("a service named __proto__", "GET /api/v1/services/__proto__", 404, service),
  asks("a service named constructor", "DELETE /api/v1/services/constructor", 404, service),
  asks("dots as a service", "POST /api/v1/services/%2e%2e%2f/restart", 404, service),
  asks("the history of an unknown service", "GET /api/v1/services/unknown/revisions", 404, service),
  asks("a service without its number", "POST /api/v1/services/unknown/scale", 400, "invalid-field"),
  asks("a number that is none", "POST /api/v1/services/unknown/scale?replicas=many", 400, "invalid-field"),
  asks("a negative revision", "POST /api/v1/services/unknown/rollback?to=-1", 400, "invalid-field"),
  asks("the stream of an unknown node", "GET /api/v1/nodes/unknown/assignments", 404, node),
  asks("the logs of an unknown task", "GET /api/v1/tasks/unknown/logs?follow=true", 404, task),
  asks("the explanation of an unknown task", "GET /api/v1/tasks/unknown/explanation", 404, task),
  asks("a heartbeat of an unknown node", "POST /api/v1/nodes/unknown/heartbeat", 404, node),
];

const lists = "GET /api/v1/tasks";
const queries: Row[] = [
  asks("a parameter that there is not", `${lists}?colour=red`, 400, "unknown-field"),
  asks("a parameter named __proto__", `${lists}?__proto__=1`, 400, "unknown-field"),
  asks("a parameter named constructor", `${lists}?constructor=1`, 400, "unknown-field"),
  asks("a parameter with brackets", `${lists}?limit[$gt]=1`, 400, "unknown-field"),
  asks("a parameter without a name", `${lists}?=1`, 400, "unknown-field"),
  asks("a parameter of 12,000 letters", `${lists}?${"a".repeat(12_000)}=1`, 400, "unknown-field"),
  asks("3,000 parameters", `${lists}?${"a=&".repeat(3000)}`, 400, "unknown-field"),
  asks("a query beyond all headers", `${lists}?name=${"a".repeat(100_000)}`, 431),
  asks("the same parameter twice", `${lists}?limit=1&limit=2`, 400, "invalid-field"),
  asks("a limit of nothing", `${lists}?limit=0`, 400, "invalid-field"),
  asks("a limit below nothing", `${lists}?limit=-1`, 400, "invalid-field"),
  asks("a limit beyond the limit", `${lists}?limit=10001`, 400, "invalid-field"),
  asks("a limit beyond all numbers", `${lists}?limit=${"9".repeat(400)}`, 400, "invalid-field"),
  asks("a limit in exponents", `${lists}?limit=1e3`, 400, "invalid-field"),
  asks("a limit in other digits", `${lists}?limit=%D9%A3`, 400, "invalid-field"),
  asks("an empty limit", `${lists}?limit=`, 400, "invalid-field"),
  asks("a limit with a NUL", `${lists}?limit=1%00`, 400, "invalid-field"),
  asks("a status that there is not", `${lists}?status=__proto__`, 400, "invalid-field"),
  asks("statuses and nothing between", `${lists}?status=running,,failed`, 400, "invalid-field"),
  asks("a node that there is not", `${lists}?node=unknown`, 404, node),
  asks("a cursor that is none", `${lists}?cursor=../..`, 400, "invalid-field"),
  asks("a cursor of 1,000 letters", `${lists}?cursor=${"a".repeat(1000)}`, 400, "invalid-field"),
  asks("a watch with pages", `${lists}?watch&limit=1`, 400, "invalid-field"),
  asks("a watch of maybe", `${lists}?watch=maybe`, 400, "invalid-field"),
  asks("a wait for what never is", "GET /api/v1/tasks/web?wait=forever", 400, "invalid-field"),
  asks("a wait of no time", "GET /api/v1/tasks/web?wait=running&timeout=soon", 400, "invalid-field"),
  asks("a wait of less than no time", "GET /api/v1/tasks/web?wait=running&timeout=-1s", 400, "invalid-field"),
  asks("force that is neither", "DELETE /api/v1/tasks/web?force=perhaps", 400, "invalid-field"),
  asks("a tail beyond the limit", "GET /api/v1/tasks/web/logs?tail=100001", 400, "invalid-field"),
  asks("a tail below nothing", "GET /api/v1/tasks/web/logs?tail=-5", 400, "invalid-field"),
  asks("logs since never", "GET /api/v1/tasks/web/logs?since=never", 400, "invalid-field"),
  asks("logs since beyond all times", `GET /api/v1/tasks/web/logs?since=${"9".repeat(60)}`, 400, "invalid-field"),
  asks(
    "logs since a year with six digits and more",
    "GET /api/v1/tasks/web/logs?since=+999999-01-01T00:00:00Z",
    400,
    "invalid-field",
  ),
  asks("a query where there is none", "GET /api/v1/nodes?limit=1", 400, "unknown-field"),
  asks("a query at a heartbeat", "POST /api/v1/nodes/n1/heartbeat?x=1", 400, "unknown-field"),
  asks("changes since the future", "GET /api/v1/watch?since=999999999", 410, "revision-too-old"),
  asks("changes since beyond all numbers", "GET /api/v1/watch?since=99999999999999999999", 400, "invalid-field"),
  asks("changes since before all", "GET /api/v1/watch?since=-1", 400, "invalid-field"),
  asks("an event that is no number", "GET /api/v1/watch", 400, "invalid-field", "Last-Event-ID: abc\r\n"),
  asks(
    "an event beyond all numbers",
    "GET /api/v1/watch",
    400,
    "invalid-field",
    `Last-Event-ID: ${"9".repeat(30)}\r\n`,
  ),
  asks("an event of the future", "GET /api/v1/watch", 410, "revision-too-old", "Last-Event-ID: 999999999\r\n"),
];

const report = "PUT /api/v1/tasks/web/status";
const states: Row[] = [
  asks("a name that two tasks have", "GET /api/v1/tasks/twin", 409, "ambiguous-id"),
  asks("a beginning that all ids have", "DELETE /api/v1/tasks/2?force=true", 409, "ambiguous-id"),
  asks("a beginning that all nodes have", "POST /api/v1/nodes/2/deregister", 409, "ambiguous-id"),
  asks("a live task removed", "DELETE /api/v1/tasks/web", 409, "task-live"),
  asks("logs of a task that never ran", "GET /api/v1/tasks/waits/logs", 409, "logs-unavailable"),
  asks("logs of a node that cannot be reached", "GET /api/v1/tasks/web/logs", 503, "node-unreachable"),
  sends("a finished task runs again", "PUT /api/v1/tasks/done/status", '{"status":"running"}', 409, "illegal-move"),
  sends("a running task waits again", report, '{"status":"pending"}', 409, "illegal-move"),
  sends("a waiting task is done", "PUT /api/v1/tasks/waits/status", '{"status":"completed"}', 409, "illegal-move"),
  sends("a report of another node", report, '{"status":"failed","nodeId":"node-00000000"}', 409, "not-your-task"),
];

const restores = (
  what: string,
  body: string,
  type = "application/x-ndjson",
  status = 422,
  code: Row["code"] = "backup-unusable",
) =>
  wire(
    what,
    `POST /api/v1/restore HTTP/1.1\r\n${host}${bearer}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    status,
    code,
  );
const manifest = '{"podling":"backup","format":1,"clusterId":"abcdefgh","revision":1,"epoch":1,"nodes":0,"tasks":0}\n';
const backups: Row[] = [
  restores("a backup that is nothing", ""),
  restores("a backup that is a poem", "roses are red\nviolets are blue\n"),
  restores("a backup of its first line alone", manifest),
  restores("a backup with a task of no shape", `${manifest}{"task":{"taskId":"../../x"}}\n{"end":1}\n`),
  restores("a backup of another program", '{"etcd":"backup"}\n'),
  restores("a backup sent as a picture", manifest, "image/png", 415, "unsupported-media-type"),
];

export const pathRows: Row[] = [...paths, ...queries, ...states, ...backups];
