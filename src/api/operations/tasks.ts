// The operations on tasks.

import { z } from "zod";
import type { Explanation } from "../../model/explanation.ts";
import { taskInput } from "../../model/task/task-input.ts";
import {
  deleteQuery,
  killQuery,
  logsQuery,
  restartQuery,
  stopQuery,
  taskListQuery,
  taskReport,
  waitQuery,
} from "../schemas/schemas.ts";
import type { TaskView } from "../views/task.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, findNodeRefusals, findTaskRefusals, writeRefusals } from "./refusals.ts";

export const taskOperations = {
  createTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks",
    summary:
      "Create a task. If a node fits, it is scheduled already in the answer; else it is pending, with the reason.",
    access: "write",
    body: taskInput,
    query: z.strictObject(waitQuery),
    headers: {
      "Idempotency-Key": "A second request with the same key and the same body returns the first task.",
      "If-None-Match": "Only * is allowed: the request is refused (name-taken) if an unfinished task has the name.",
    },
    status: 201,
    media: json,
    answer: "Task",
    refusals: [...bodyRefusals, "idempotency-conflict", "name-taken", ...writeRefusals],
  }),
  listTasks: operation<TaskView[]>()({
    method: "GET",
    path: "/api/v1/tasks",
    summary: "List tasks, oldest first. With watch, stream their changes.",
    access: "read",
    query: taskListQuery,
    status: 200,
    media: json,
    answer: "TaskList",
    refusals: [...findNodeRefusals, "too-many"],
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
    summary: "Report the status of a task (workers do). Only legal transitions; repeating a report is harmless.",
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
    query: stopQuery,
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTaskRefusals, ...writeRefusals],
  }),
  restartTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks/{id}/restart",
    summary:
      "Stop the container of a running task and start it again on the same node, whatever its restart policy. It is done at least once after the request.",
    access: "write",
    query: restartQuery,
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTaskRefusals, "illegal-move", "unprocessable", ...writeRefusals],
  }),
  killTask: operation<TaskView>()({
    method: "POST",
    path: "/api/v1/tasks/{id}/kill",
    summary:
      "Send a signal to the main process of a running task. KILL stops the task; any other signal is delivered once, or not at all if there is no answer.",
    access: "write",
    query: killQuery,
    status: 200,
    media: json,
    answer: "Task",
    refusals: [...findTaskRefusals, "illegal-move", "unprocessable", "node-unreachable", ...writeRefusals],
  }),
  deleteTask: operation<null>()({
    method: "DELETE",
    path: "/api/v1/tasks/{id}",
    summary:
      "Remove a finished task and its container. With force also an unfinished one, which is stopped. With wait, answer when the container is gone.",
    access: "write",
    query: deleteQuery,
    status: 204,
    media: "none",
    answer: "Any",
    refusals: [...findTaskRefusals, "task-live", ...writeRefusals],
  }),
  taskLogs: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/logs",
    summary:
      "The output of the task. As text/plain, stdout and stderr together; with Accept: application/vnd.docker.multiplexed-stream, in frames that keep them apart.",
    access: "read",
    query: logsQuery,
    status: 200,
    media: "text/plain",
    streams: true,
    answer: "Any",
    example: "listening on port 80\n",
    refusals: [...findTaskRefusals, "logs-unavailable", "node-unreachable", "not-ready", "too-many"],
  }),
  explainTask: operation<Explanation>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/explanation",
    summary: "Why the task was placed on its node, or why it waits: each node with its filters and score.",
    access: "read",
    status: 200,
    media: json,
    answer: "Explanation",
    refusals: [...findTaskRefusals, "too-many"],
  }),
} as const;
