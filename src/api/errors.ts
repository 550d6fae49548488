// The error catalogue: for each code its HTTP status and what it means. docs/ERRORS.md is tested against it.

import type { Refusal, RefusalCode } from "../model/refusal.ts";

export const errorCatalogue: Record<RefusalCode, { status: number; meaning: string }> = {
  "invalid-json": { status: 400, meaning: "The body is not JSON." },
  "invalid-field": { status: 400, meaning: "A field or query parameter is missing or of the wrong form; it is named." },
  "unknown-field": { status: 400, meaning: "A field or query parameter that does not exist; it is named." },
  unauthorized: { status: 401, meaning: "The token is missing or wrong." },
  "forbidden-origin": {
    status: 403,
    meaning: "The request comes from a web page of another site, or its Host is not a name of this server.",
  },
  "route-not-found": { status: 404, meaning: "There is nothing at this path." },
  "task-not-found": { status: 404, meaning: "No task has this id, prefix or name." },
  "node-not-found": { status: 404, meaning: "No node has this id, prefix or name." },
  "service-not-found": { status: 404, meaning: "No service has this id, prefix or name." },
  "job-not-found": { status: 404, meaning: "No job has this id, prefix or name." },
  "volume-not-found": { status: 404, meaning: "No volume has this name." },
  "volume-in-use": {
    status: 409,
    meaning: "A task or a service uses the volume, or the node that has its data is online.",
  },
  "credential-not-found": { status: 404, meaning: "No login to this registry is stored." },
  "app-not-found": { status: 404, meaning: "No app has this name." },
  "secret-not-found": { status: 404, meaning: "No secret has this name." },
  "config-not-found": { status: 404, meaning: "No config has this name." },
  "schedule-not-found": { status: 404, meaning: "No schedule has this id, prefix or name." },
  "method-not-allowed": { status: 405, meaning: "The path exists, but not with this method." },
  "ambiguous-id": {
    status: 409,
    meaning: "Several tasks, nodes, services, jobs or schedules have this prefix or name; they are listed.",
  },
  "illegal-move": { status: 409, meaning: "The task cannot go from its status to the reported one." },
  "not-your-task": { status: 409, meaning: "A node reported a task that is placed on another node." },
  "name-taken": {
    status: 409,
    meaning:
      "An unfinished task, a service, a job or a schedule has this name, and the request asked for a free one. A job never takes another template.",
  },
  "plan-drifted": {
    status: 409,
    meaning:
      "The request expects the outcome of a plan, and would do something else now; the sentence says what. Nothing was changed.",
  },
  conflict: {
    status: 409,
    meaning: "Another client has applied the app since the revision that the request expects; who and when is named.",
  },
  "in-use": { status: 409, meaning: "A service or an unfinished task uses it; they are named." },
  "task-live": { status: 409, meaning: "The task has not finished; deleting it needs force." },
  "node-alive": {
    status: 409,
    meaning:
      "The node has just sent a heartbeat: declaring it lost needs force. Or its worker may run: another worker that claims the node must wait.",
  },
  "revision-too-old": { status: 410, meaning: "The changes since this revision are no longer kept." },
  "backup-unusable": {
    status: 422,
    meaning: "The file is truncated, damaged, of a newer format, or not a backup; nothing was changed.",
  },
  "other-cluster": {
    status: 409,
    meaning: "The backup is of another cluster than the one it would replace, which has tasks; it needs force.",
  },
  "body-too-large": { status: 413, meaning: "The body is over 1 MiB (a backup: over 2 GiB)." },
  "unsupported-media-type": {
    status: 415,
    meaning: "The body is not application/json (a backup: application/x-ndjson).",
  },
  unprocessable: { status: 422, meaning: "Valid JSON, but the fields contradict each other or no engine can do this." },
  "idempotency-conflict": { status: 422, meaning: "The Idempotency-Key was used with a different body." },
  "too-many": { status: 429, meaning: "A limit of the cluster is reached; it is named." },
  internal: { status: 500, meaning: "A bug in Podling." },
  "logs-unavailable": {
    status: 409,
    meaning:
      "The task has no logs: it never had a container, its container is gone, or its log driver keeps none that can be read.",
  },
  "node-unreachable": { status: 503, meaning: "The master cannot reach the node that holds the answer." },
  "engine-refused": {
    status: 502,
    meaning: "The container engine of the node answered with an error; the sentence has the engine's message.",
  },
  "key-unavailable": {
    status: 503,
    meaning: "The key that secrets are sealed with is missing, or is another one; nothing was changed.",
  },
  "journal-unavailable": {
    status: 503,
    meaning: "The journal cannot write (disk full, read-only); nothing was changed.",
  },
  "not-ready": { status: 503, meaning: "The master is starting or stopping." },
};

/** The body of every error answer. */
export interface ErrorBody {
  /** What happened, as a sentence. */
  error: string;
  code: RefusalCode;
  details: Record<string, unknown>;
  hint: string;
}

export function errorBody(refusal: Refusal): ErrorBody {
  return {
    error: refusal.message,
    code: refusal.code,
    details: refusal.details ?? {},
    hint: refusal.hint ?? "",
  };
}

/** Seconds to wait before another try, for the codes where another try can help. */
export const retryAfterSeconds: Partial<Record<RefusalCode, number>> = {
  "too-many": 5,
  "node-unreachable": 2,
  "key-unavailable": 5,
  "journal-unavailable": 2,
  "not-ready": 1,
};
