// The worker's own HTTP API: a table like that of the master, with the same routing, validation and refusals. The master
// calls it for logs and clean-ups; users may query a single node with it.

import { framedMediaType } from "../lib/frames.ts";
import { limits } from "../model/limits.ts";
import type { Cleanup } from "../model/node/cleanup.ts";
import type { ImageDigest } from "../model/service/pinned.ts";
import type { VolumeRemoval } from "../model/volume/volume.ts";
import { json, metrics, operation, tarMediaType } from "./operations/operation.ts";

export interface WorkerHealth {
  service: "podling-worker";
  status: "ok" | "degraded";
  /** Why it is degraded, else empty. */
  message: string;
  /** Null until the worker has joined. */
  nodeId: string | null;
  master: "up" | "down";
}

export const workerOperations = {
  health: operation<WorkerHealth>()({
    method: "GET",
    path: "/health",
    summary: "Is the worker alive, and do its engine and its master answer?",
    access: "open",
    status: 200,
    media: json,
    answer: "Any",
    refusals: [],
  }),
  metrics,
  listTasks: operation<readonly unknown[]>()({
    method: "GET",
    path: "/tasks",
    summary: "The tasks of this node, with their containers.",
    access: "read",
    status: 200,
    media: json,
    answer: "Any",
    refusals: [],
  }),
  getTask: operation<unknown>()({
    method: "GET",
    path: "/tasks/{id}",
    summary: "One task of this node, with its container.",
    access: "read",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["task-not-found"],
  }),
  taskLogs: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/tasks/{id}/logs",
    summary: "What the task's container wrote, in frames that keep stdout and stderr apart.",
    access: "read",
    query: "logs",
    status: 200,
    media: framedMediaType,
    streams: true,
    answer: "Any",
    refusals: ["task-not-found", "logs-unavailable", "too-many", "node-unreachable", "engine-refused"],
  }),
  taskStatus: operation<unknown>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/status",
    summary: "One task of this node as its container is now. The path of Podling's first edition.",
    access: "read",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["task-not-found"],
  }),
  taskLogsText: operation<{ taskId: string; logs: string; tail: number }>()({
    method: "GET",
    path: "/api/v1/tasks/{id}/logs",
    summary: "The last lines of the task's container in JSON. The path of Podling's first edition.",
    access: "read",
    query: "tail",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["task-not-found", "too-many", "node-unreachable", "engine-refused", "logs-unavailable"],
  }),
  killTask: operation<null>()({
    method: "POST",
    path: "/tasks/{id}/kill",
    summary: "Send a signal to the main process of the task's container.",
    access: "write",
    query: "kill",
    status: 204,
    media: "none",
    answer: "Any",
    refusals: ["task-not-found", "illegal-move", "unprocessable", "node-unreachable", "engine-refused"],
  }),
  removeVolume: operation<VolumeRemoval>()({
    method: "DELETE",
    path: "/volumes/{id}",
    summary: "Remove a named volume with its data, if nothing uses it and Podling made it.",
    access: "write",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["volume-in-use", "node-unreachable", "engine-refused"],
  }),
  imageDigest: operation<ImageDigest>()({
    method: "GET",
    path: "/images/digest",
    summary: "The digest that a tag stands for now, from its registry or else from the engine's copy.",
    // It makes the engine call a registry, with the logins of the node.
    access: "write",
    query: "imageDigest",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["node-unreachable", "engine-refused"],
  }),
  archiveVolume: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/volumes/{id}/archive",
    summary: "The files of a named volume as a tar archive.",
    access: "write",
    status: 200,
    media: tarMediaType,
    streams: true,
    answer: "Any",
    refusals: ["volume-not-found", "node-unreachable", "engine-refused"],
  }),
  fillVolume: operation<{ bytes: number }>()({
    method: "PUT",
    path: "/volumes/{id}/archive",
    summary: "Make a named volume from such an archive.",
    access: "write",
    upload: tarMediaType,
    uploadBytes: limits.volumeBytes,
    query: "replace",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["volume-in-use", "unprocessable", "node-unreachable", "engine-refused"],
  }),
  previewCleanup: operation<Cleanup>()({
    method: "GET",
    path: "/cleanup",
    summary: "What a clean-up would remove, what would stay, and why.",
    access: "read",
    query: "cleanup",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["node-unreachable", "engine-refused"],
  }),
  clean: operation<Cleanup>()({
    method: "POST",
    path: "/cleanup",
    summary: "Remove unused containers, images and volumes of Podling from this node. Answers when done.",
    access: "write",
    query: "cleanup",
    status: 200,
    media: json,
    answer: "Any",
    refusals: ["node-unreachable", "engine-refused"],
  }),
} as const;

export type WorkerOperations = typeof workerOperations;
