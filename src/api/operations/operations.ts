// Each operation once: method, path, what goes in, what comes out, what can be refused. The server's routing and
// validation, the typed client and openapi.json all come from this table.

import { z } from "zod";
import type { Explanation } from "../../model/explanation.ts";
import type { Cleanup } from "../../model/node/cleanup.ts";
import type { Node } from "../../model/node/node.ts";
import type { RefusalCode } from "../../model/refusal.ts";
import { taskInput } from "../../model/task/task-input.ts";
import {
  cleanupQuery,
  forceQuery,
  type HeartbeatAnswer,
  heartbeat,
  logsQuery,
  nodeRegistration,
  restoreQuery,
  taskListQuery,
  taskReport,
  waitQuery,
  watchQuery,
} from "../schemas/schemas.ts";
import { backupMediaType } from "../views/backup-file.ts";
import type { RestoreAnswer } from "../views/restore-summary.ts";
import type { TaskView } from "../views/task.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Operation<Body extends z.ZodType = z.ZodType, Query extends z.ZodType = z.ZodType, Answer = unknown> {
  method: Method;
  /** With `{id}` for parameters, as OpenAPI writes them. */
  path: string;
  summary: string;
  body?: Body;
  /** The media type of a body that is no JSON, and that the handler reads as it comes. */
  upload?: string;
  query?: Query;
  /** HTTP status of success. */
  status: number;
  /** json, or the media type of a stream or text. */
  media: "application/json" | "application/x-ndjson" | "text/event-stream" | "text/plain" | "text/html" | "none";
  /** The name of the answer's schema in openapi.json. */
  answer:
    | "Task"
    | "TaskList"
    | "Node"
    | "NodeList"
    | "Cleanup"
    | "Explanation"
    | "HeartbeatAnswer"
    | "RestoreAnswer"
    | "Health"
    | "Version"
    | "Any";
  /** Beyond those that every operation can give (400, 401, 403, 404 for the path, 405, 500). */
  refusals: readonly RefusalCode[];
  /** Works without a token. */
  open?: boolean;
  /** Carries the type of the answer; never has a value. */
  readonly _answer?: Answer;
}

function operation<Answer>() {
  return <Body extends z.ZodType, Query extends z.ZodType>(
    definition: Omit<Operation<Body, Query, Answer>, "_answer">,
  ): Operation<Body, Query, Answer> => definition;
}

export interface Health {
  status: "ok" | "degraded";
  /** Why it is degraded, else empty. */
  message: string;
}

export interface Version {
  version: string;
  commit: string;
  api: "v1";
}

const json = "application/json" as const;
const events = "text/event-stream" as const;
const findTask = ["task-not-found", "ambiguous-id"] as const;
const findNode = ["node-not-found", "ambiguous-id"] as const;
const write = ["journal-unavailable", "not-ready", "too-many"] as const;
const body = ["invalid-json", "unsupported-media-type", "body-too-large", "unprocessable"] as const;

export const operations = {
  health: operation<Health>()({
    method: "GET",
    path: "/health",
    summary: "Is the process alive?",
    status: 200,
    media: json,
    answer: "Health",
    refusals: [],
    open: true,
  }),
  ready: operation<Health>()({
    method: "GET",
    path: "/ready",
    summary: "Does it take writes? 503 while it starts or its journal cannot write.",
    status: 200,
    media: json,
    answer: "Health",
    refusals: ["not-ready", "journal-unavailable"],
    open: true,
  }),
  version: operation<Version>()({
    method: "GET",
    path: "/version",
    summary: "Version and commit.",
    status: 200,
    media: json,
    answer: "Version",
    refusals: [],
    open: true,
  }),
  metrics: operation<string>()({
    method: "GET",
    path: "/metrics",
    summary: "Metrics in Prometheus' text format.",
    status: 200,
    media: "text/plain",
    answer: "Any",
    refusals: [],
  }),
  openapi: operation<unknown>()({
    method: "GET",
    path: "/openapi.json",
    summary: "This API as OpenAPI 3.1.",
    status: 200,
    media: json,
    answer: "Any",
    refusals: [],
    open: true,
  }),
  docs: operation<string>()({
    method: "GET",
    path: "/docs",
    summary: "This API as a page; works offline.",
    status: 200,
    media: "text/html",
    answer: "Any",
    refusals: [],
    open: true,
  }),

  createTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks",
    summary: "Create a task. It is scheduled in the same answer when a node fits, else pending with the reason.",
    body: taskInput,
    query: z.strictObject(waitQuery),
    status: 201,
    media: json,
    answer: "Task",
    refusals: [...body, "idempotency-conflict", ...write],
  }),
  listTasks: operation<TaskView[]>()({
    method: "GET",
    path: "/api/v1/tasks",
    summary: "List tasks, oldest first; with watch, follow them.",
    query: taskListQuery,
    status: 200,
    media: json,
    answer: "TaskList",
    refusals: [...findNode],
  }),
  getTask: operation<TaskView>()({
    method: "GET",
    path: "/api/v1/tasks/{id}",
    summary: "One task, by id, unique prefix or name.",
    query: z.strictObject(waitQuery),
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTask],
  }),
  reportTask: operation<TaskView>()({
    method: "PUT",
    path: "/api/v1/tasks/{id}/status",
    summary: "What a worker reports. Only legal moves; repeating a report is harmless.",
    body: taskReport,
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...body, ...findTask, "illegal-move", "not-your-task", ...write],
  }),
  stopTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks/{id}/stop",
    summary: "Ask a task to stop. Repeating it is harmless.",
    query: z.strictObject(waitQuery),
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTask, ...write],
  }),
  deleteTask: operation<null>()({
    method: "DELETE",
    path: "/api/v1/tasks/{id}",
    summary: "Remove a finished task and its container; a live one only with force, which stops it first.",
    query: forceQuery,
    status: 204,
    media: "none",
    answer: "Any",
    refusals: [...findTask, "task-live", ...write],
  }),
  taskLogs: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/logs",
    summary:
      "What the task wrote. As text/plain both streams together; with Accept: application/vnd.docker.multiplexed-stream each frame says which stream it is of.",
    query: logsQuery,
    status: 200,
    media: "text/plain",
    answer: "Any",
    refusals: [...findTask, "logs-unavailable", "node-unreachable", "too-many"],
  }),
  explainTask: operation<Explanation>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/explanation",
    summary: "Why the task is where it is, or why it is nowhere: node x filter x score.",
    status: 200,
    media: json,
    answer: "Explanation",
    refusals: [...findTask, "too-many"],
  }),

  registerNode: operation<Node>()({
    method: "POST",
    path: "/api/v1/nodes/register",
    summary: "Register a node. The same identity again is the same node.",
    body: nodeRegistration,
    status: 201,
    media: json,
    answer: "Node",
    refusals: [...body, ...write],
  }),
  heartbeat: operation<HeartbeatAnswer>()({
    method: "POST",
    path: "/api/v1/nodes/{id}/heartbeat",
    summary: "Say that the node is alive; learn when to say so next.",
    body: heartbeat,
    status: 200,
    media: json,
    answer: "HeartbeatAnswer",
    refusals: [...findNode, ...write],
  }),
  deregisterNode: operation<null>()({
    method: "POST",
    path: "/api/v1/nodes/{id}/deregister",
    summary: "Forget a node; its unfinished tasks fail as node-deregistered.",
    status: 204,
    media: "none",
    answer: "Any",
    refusals: [...findNode, ...write],
  }),
  listNodes: operation<Node[]>()({
    method: "GET",
    path: "/api/v1/nodes",
    summary: "List nodes.",
    status: 200,
    media: json,
    answer: "NodeList",
    refusals: [],
  }),
  getNode: operation<Node>()({
    method: "GET",
    path: "/api/v1/nodes/{id}",
    summary: "One node, by id, unique prefix or hostname.",
    status: 200,
    media: json,
    answer: "Node",
    refusals: [...findNode],
  }),
  cordonNode: operation<Node>()({
    method: "POST",
    path: "/api/v1/nodes/{id}/cordon",
    summary: "Place nothing more on a node.",
    status: 200,
    media: json,
    answer: "Node",
    refusals: [...findNode, ...write],
  }),
  uncordonNode: operation<Node>()({
    method: "POST",
    path: "/api/v1/nodes/{id}/uncordon",
    summary: "Place tasks on a node again.",
    status: 200,
    media: json,
    answer: "Node",
    refusals: [...findNode, ...write],
  }),
  loseNode: operation<Node>()({
    method: "POST",
    path: "/api/v1/nodes/{id}/lost",
    summary:
      "Declare a node lost, without waiting and also while the master holds; one that was just heard only with force.",
    query: forceQuery,
    status: 200,
    media: json,
    answer: "Node",
    refusals: [...findNode, "node-alive", ...write],
  }),
  previewCleanup: operation<Cleanup>()({
    method: "GET",
    path: "/api/v1/nodes/{id}/cleanup",
    summary: "What a clean-up of a node would remove, what would stay, and why. Nothing is changed.",
    query: cleanupQuery,
    status: 200,
    media: json,
    answer: "Cleanup",
    refusals: [...findNode, "node-unreachable"],
  }),
  cleanNode: operation<Cleanup>()({
    method: "POST",
    path: "/api/v1/nodes/{id}/cleanup",
    summary: "Remove from a node what Podling made or pulled and nothing needs; answers when it is done.",
    query: cleanupQuery,
    status: 200,
    media: json,
    answer: "Cleanup",
    refusals: [...findNode, "node-unreachable"],
  }),
  nodeAssignments: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/nodes/{id}/assignments",
    summary: "A worker's stream: a sync event with every task it should hold, then task and gone events.",
    status: 200,
    media: events,
    answer: "Any",
    refusals: [...findNode, "too-many"],
  }),
  backup: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/backup",
    summary: "The whole state at one revision, as lines of JSON with a checksum at the end.",
    status: 200,
    media: backupMediaType,
    answer: "Any",
    refusals: ["too-many", "not-ready"],
  }),
  restore: operation<RestoreAnswer>()({
    method: "POST",
    path: "/api/v1/restore",
    summary: "Replace the whole state by a backup, at once or not at all. Streams end, and nodes register anew.",
    upload: backupMediaType,
    query: restoreQuery,
    status: 200,
    media: json,
    answer: "RestoreAnswer",
    refusals: ["backup-unusable", "other-cluster", "body-too-large", "unsupported-media-type", ...write],
  }),
  watch: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/watch",
    summary: "All changes as server-sent events, resumable by revision.",
    query: watchQuery,
    status: 200,
    media: events,
    answer: "Any",
    refusals: ["revision-too-old", "too-many"],
  }),
} as const;

export type Operations = typeof operations;
export type OperationId = keyof Operations;

type BodyOf<O> = O extends { body?: infer B } ? (B extends z.ZodType ? B : never) : never;
type QueryOf<O> = O extends { query?: infer Q } ? (Q extends z.ZodType ? Q : never) : never;

/** What a caller sends. */
export type BodyInput<Id extends OperationId> = z.input<BodyOf<Operations[Id]>>;
/** What a handler receives, validated and normalised. */
export type BodyOutput<Id extends OperationId> = z.output<BodyOf<Operations[Id]>>;
export type QueryInput<Id extends OperationId> = z.input<QueryOf<Operations[Id]>>;
export type QueryOutput<Id extends OperationId> = z.output<QueryOf<Operations[Id]>>;
export type AnswerOf<Id extends OperationId> = NonNullable<Operations[Id]["_answer"]>;
