// Data format 1 (release 0.1.0) wrote a task as one flat object, for one container. These functions give the packed form
// of format 2. They get parsed JSON that has not been checked, and may throw a TypeError if it is no record at all.

import { toTimestamp } from "../../lib/clock.ts";
import type { MigrationContext } from "../kinds/kind.ts";

type Fields = Record<string, unknown>;

const containerFields = [
  "image",
  "command",
  "args",
  "env",
  "ports",
  "resources",
  "mounts",
  "user",
  "workingDir",
  "pullPolicy",
] as const;
const specFields = ["labels", "restartPolicy", "constraints", "stopGraceSeconds", "platform"] as const;
const statusFields = ["status", "reason", "finishedAt"] as const;
const containerStatusFields = [
  "containerId",
  "exitCode",
  "oomKilled",
  "restarts",
  "publishedPorts",
  "startedAt",
  "error",
  "lastFailure",
] as const;
const finished: readonly unknown[] = ["completed", "failed", "stopped"];

/** A whole task. */
export function fromFlatRecord(flat: Fields, context: MigrationContext): Fields {
  const { taskId, name, createdAt, replaces, replacedBy, idempotency } = flat;
  const { revision, at } = context;
  return {
    ...defined({ taskId, name, createdAt, replaces, replacedBy, idempotency }),
    spec: { ...picked(flat, specFields), containers: [picked(flat, containerFields)] },
    ...nested(flat),
    // A snapshot has no time of the batch: the worker's own is the best there is.
    ...(finished.includes(flat.status) ? { ended: { at: at > 0 ? toTimestamp(at) : flat.finishedAt, revision } } : {}),
  };
}

/** What an update sets. */
export function fromFlatUpdate(flat: Fields, { revision, at }: MigrationContext): Fields {
  const { replacedBy } = flat;
  return {
    ...defined({ replacedBy }),
    ...nested(flat),
    ...(finished.includes(flat.status) ? { ended: { at: toTimestamp(at), revision } } : {}),
  };
}

function nested(flat: Fields): Fields {
  const { desired, nodeId, scheduledAt, scheduledRevision } = flat;
  const container = picked(flat, containerStatusFields);
  const status = picked(flat, statusFields);
  if (Object.keys(container).length > 0) status.containers = [container];
  // Without readiness checks, a task is ready while it runs.
  if (status.status === "running") status.ready = true;
  if (finished.includes(status.status)) status.ready = false;
  return {
    ...defined({ desired }),
    ...(typeof nodeId === "string"
      ? { placement: { nodeId, at: scheduledAt ?? flat.createdAt, revision: scheduledRevision ?? 0 } }
      : {}),
    ...(Object.keys(status).length > 0 ? { observed: status } : {}),
  };
}

function picked(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

function defined(fields: Fields): Fields {
  return picked(fields, Object.keys(fields));
}
