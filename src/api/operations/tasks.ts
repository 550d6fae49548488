// The operations on tasks.

import { z } from "zod";
import type { Explanation } from "../../model/explanation.ts";
import { taskInput } from "../../model/task/task-input.ts";
import { forceQuery, logsQuery, taskListQuery, taskReport, waitQuery } from "../schemas/schemas.ts";
import type { TaskView } from "../views/task.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, findNodeRefusals, findTaskRefusals, writeRefusals } from "./refusals.ts";

export const taskOperations = {
  createTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks",
    summary: "Create a task. It is scheduled in the same answer when a node fits, else pending with the reason.",
    access: "write",
    body: taskInput,
    query: z.strictObject(waitQuery),
    status: 201,
    media: json,
    answer: "Task",
    refusals: [...bodyRefusals, "idempotency-conflict", ...writeRefusals],
  }),
  listTasks: operation<TaskView[]>()({
    method: "GET",
    path: "/api/v1/tasks",
    summary: "List tasks, oldest first; with watch, follow them.",
    access: "read",
    query: taskListQuery,
    status: 200,
    media: json,
    answer: "TaskList",
    refusals: [...findNodeRefusals],
  }),
  getTask: operation<TaskView>()({
    method: "GET",
    path: "/api/v1/tasks/{id}",
    summary: "One task, by id, unique prefix or name.",
    access: "read",
    query: z.strictObject(waitQuery),
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTaskRefusals],
  }),
  reportTask: operation<TaskView>()({
    method: "PUT",
    path: "/api/v1/tasks/{id}/status",
    summary: "What a worker reports. Only legal moves; repeating a report is harmless.",
    access: "node",
    body: taskReport,
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...bodyRefusals, ...findTaskRefusals, "illegal-move", "not-your-task", ...writeRefusals],
  }),
  stopTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks/{id}/stop",
    summary: "Ask a task to stop. Repeating it is harmless.",
    access: "write",
    query: z.strictObject(waitQuery),
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTaskRefusals, ...writeRefusals],
  }),
  deleteTask: operation<null>()({
    method: "DELETE",
    path: "/api/v1/tasks/{id}",
    summary: "Remove a finished task and its container; a live one only with force, which stops it first.",
    access: "write",
    query: forceQuery,
    status: 204,
    media: "none",
    answer: "Any",
    refusals: [...findTaskRefusals, "task-live", ...writeRefusals],
  }),
  taskLogs: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/logs",
    summary:
      "What the task wrote. As text/plain both streams together; with Accept: application/vnd.docker.multiplexed-stream each frame says which stream it is of.",
    access: "read",
    query: logsQuery,
    status: 200,
    media: "text/plain",
    streams: true,
    answer: "Any",
    refusals: [...findTaskRefusals, "logs-unavailable", "node-unreachable", "too-many"],
  }),
  explainTask: operation<Explanation>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/explanation",
    summary: "Why the task is where it is, or why it is nowhere: node x filter x score.",
    access: "read",
    status: 200,
    media: json,
    answer: "Explanation",
    refusals: [...findTaskRefusals, "too-many"],
  }),
} as const;
