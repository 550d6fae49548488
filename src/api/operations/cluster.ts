// The operations on the cluster as a whole: backup, restore, and the stream of all changes.

import { backupMediaType } from "../views/backup-file.ts";
import type { PruneAnswer } from "../views/prune-answer.ts";
import type { RebalanceAnswer } from "../views/rebalance-answer.ts";
import type { RestoreAnswer } from "../views/restore-summary.ts";
import { events, json, operation } from "./operation.ts";
import { writeRefusals } from "./refusals.ts";

export const clusterOperations = {
  backup: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/backup",
    summary: "The complete state at one revision, as lines of JSON with a checksum at the end.",
    access: "write",
    status: 200,
    media: backupMediaType,
    streams: true,
    answer: "Any",
    example: '{"podling": "backup", "format": 2}\n',
    refusals: ["too-many", "not-ready"],
  }),
  restore: operation<RestoreAnswer>()({
    method: "POST",
    path: "/api/v1/restore",
    summary: "Replace the complete state by a backup, atomically. Streams end, and nodes register again.",
    access: "write",
    upload: backupMediaType,
    query: "restore",
    status: 200,
    media: json,
    answer: "RestoreAnswer",
    refusals: ["backup-unusable", "other-cluster", "body-too-large", "unsupported-media-type", ...writeRefusals],
  }),
  prune: operation<PruneAnswer>()({
    method: "POST",
    path: "/api/v1/prune",
    summary: "Remove finished tasks and nodes that are offline. With all, remove every task and every node.",
    access: "write",
    query: "prune",
    status: 200,
    media: json,
    answer: "PruneAnswer",
    refusals: [...writeRefusals],
  }),
  rebalance: operation<RebalanceAnswer>()({
    method: "POST",
    path: "/api/v1/rebalance",
    summary:
      "Plan which replicas of services would lie better on another node, and start the first move unless another one is under way. Asked again, it goes on.",
    access: "write",
    query: "rebalance",
    status: 200,
    media: json,
    answer: "RebalanceAnswer",
    refusals: ["task-not-found", "node-not-found", "unprocessable", ...writeRefusals],
  }),
  watch: operation<ReadableStream<Uint8Array>>()({
    method: "GET",
    path: "/api/v1/watch",
    summary: "All changes as server-sent events, resumable by revision.",
    access: "read",
    query: "watch",
    status: 200,
    media: events,
    streams: true,
    answer: "WatchEvent",
    refusals: ["revision-too-old", "too-many"],
  }),
} as const;
