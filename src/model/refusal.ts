// What can be refused, as a catalogue of codes. A refusal is a value; its HTTP status lives in api/errors.ts.

import { type Result, refused } from "../lib/result.ts";

export const refusalCodes = [
  "invalid-json",
  "invalid-field",
  "unknown-field",
  "unsupported-media-type",
  "body-too-large",
  "unauthorized",
  "forbidden-origin",
  "route-not-found",
  "method-not-allowed",
  "task-not-found",
  "node-not-found",
  "service-not-found",
  "job-not-found",
  "volume-not-found",
  "volume-in-use",
  "config-not-found",
  "secret-not-found",
  "schedule-not-found",
  "credential-not-found",
  "app-not-found",
  "ambiguous-id",
  "illegal-move",
  "not-your-task",
  "task-live",
  "node-alive",
  "unprocessable",
  "name-taken",
  "conflict",
  "plan-drifted",
  "in-use",
  "key-unavailable",
  "idempotency-conflict",
  "revision-too-old",
  "backup-unusable",
  "other-cluster",
  "logs-unavailable",
  "node-unreachable",
  "engine-refused",
  "too-many",
  "journal-unavailable",
  "not-ready",
  "internal",
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  code: RefusalCode;
  /** What went wrong and why, as a sentence with names and numbers. */
  message: string;
  /** What to do next, as a sentence. */
  hint?: string;
  /** Machine-readable particulars: `{"field": "ports[0].hostPort"}`. */
  details?: Record<string, unknown>;
}

export type Outcome<T> = Result<T, Refusal>;

export function refuse(
  code: RefusalCode,
  message: string,
  more: { hint?: string; details?: Record<string, unknown> } = {},
): { ok: false; refusal: Refusal } {
  return refused({ code, message, ...more });
}
