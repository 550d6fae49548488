// Are these the records of a cluster? Checks what comes from outside (a backup) field by field before anything is made
// of it, and says in words what is wrong. What the journal itself has written is not asked again.

import { strategies } from "../../model/cluster.ts";
import { nodeIdPattern, taskIdPattern } from "../../model/ids.ts";
import { type NodeRecord, suspicionCodes } from "../../model/node/node.ts";
import {
  isFinished,
  isPlaced,
  type PackedTask,
  reasonCodes,
  type Task,
  taskStatuses,
  unpackTask,
} from "../../model/task/task.ts";

/** What is wrong, completing "the field x is ..."; null: nothing. */
type Check = (value: unknown) => string | null;
type Checks = Record<string, Check>;

const that =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? null : `not ${expected}`;

const text = that("a text", (value) => typeof value === "string");
const flag = that("true or false", (value) => typeof value === "boolean");
const count = that("a whole number from 0", (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const whole = that("a whole number", Number.isSafeInteger);
const amount = that("a number from 0", (value) => Number.isFinite(value) && (value as number) >= 0);
const time = that("a time", (value) => typeof value === "string" && Number.isFinite(Date.parse(value)));
const pattern = (regex: RegExp, expected: string) =>
  that(expected, (value) => typeof value === "string" && regex.test(value));
const oneOf = (values: readonly string[]) =>
  that(`one of ${values.join(", ")}`, (value) => values.some((one) => one === value));
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? null : check(value);
/** Left out where a record has its default. */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? null : check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) ? (value.map(check).find((fault) => fault !== null) ?? null) : "not a list";
const fields =
  (checks: Checks): Check =>
  (value) =>
    fieldFault(value, checks);

const taskId = pattern(taskIdPattern, "a task id");
const nodeId = pattern(nodeIdPattern, "a node id");
const texts: Check = (value) =>
  isObject(value)
    ? (Object.values(value)
        .map(text)
        .find((fault) => fault !== null) ?? null)
    : "not an object of texts";
const protocol = oneOf(["tcp", "udp"]);
const limitOf = fields({ request: amount, limit: orNull(amount) });

const taskChecks = {
  taskId,
  name: text,
  image: text,
  command: optional(listOf(text)),
  args: optional(listOf(text)),
  env: optional(texts),
  labels: optional(texts),
  ports: optional(listOf(fields({ hostPort: orNull(count), containerPort: count, protocol, hostIp: text }))),
  resources: optional(fields({ cpu: limitOf, memory: limitOf })),
  mounts: optional(
    listOf(
      fields({
        type: oneOf(["volume", "bind", "tmpfs"]),
        source: text,
        target: text,
        readOnly: flag,
        sizeBytes: orNull(count),
      }),
    ),
  ),
  restartPolicy: optional(
    fields({
      mode: oneOf(["never", "on-failure", "always"]),
      maxRestarts: orNull(count),
      backoffInitialMs: count,
      backoffMaxMs: count,
      resetAfterMs: count,
    }),
  ),
  constraints: optional(
    listOf(
      fields({
        type: oneOf(["label", "node"]),
        operator: oneOf(["equals", "not-equals", "exists"]),
        key: optional(text),
        value: optional(text),
      }),
    ),
  ),
  stopGraceSeconds: optional(count),
  user: optional(orNull(text)),
  workingDir: optional(orNull(text)),
  pullPolicy: optional(oneOf(["missing", "always", "never"])),
  platform: optional(orNull(text)),
  desired: optional(oneOf(["running", "stopped"])),
  status: optional(oneOf(taskStatuses)),
  reason: optional(fields({ code: oneOf(reasonCodes), message: text })),
  nodeId: optional(orNull(nodeId)),
  containerId: optional(orNull(text)),
  exitCode: optional(orNull(whole)),
  oomKilled: optional(flag),
  restarts: optional(count),
  publishedPorts: optional(listOf(fields({ hostIp: text, hostPort: count, containerPort: count, protocol }))),
  createdAt: time,
  scheduledAt: optional(orNull(time)),
  scheduledRevision: optional(orNull(count)),
  startedAt: optional(orNull(time)),
  finishedAt: optional(orNull(time)),
  error: optional(orNull(text)),
  lastFailure: optional(orNull(fields({ finishedAt: orNull(time), exitCode: orNull(whole), log: listOf(text) }))),
  replaces: optional(orNull(taskId)),
  replacedBy: optional(orNull(taskId)),
} satisfies Record<keyof Task, Check>;

const nodeChecks = {
  nodeId,
  hostname: text,
  port: count,
  address: text,
  capacity: count,
  cpu: amount,
  memory: amount,
  labels: texts,
  status: oneOf(["online", "offline"]),
  schedulable: flag,
  engine: orNull(fields({ name: text, version: text, os: text, arch: text })),
  engineError: orNull(text),
  version: text,
  registeredAt: time,
  unheard: optional(flag),
  suspect: optional(orNull(fields({ code: oneOf(suspicionCodes), message: text, since: time }))),
  flapping: optional(orNull(fields({ losses: count, lostAt: time, steadyUntil: orNull(time), steadyMs: count }))),
} satisfies Record<keyof NodeRecord, Check>;

const headerChecks: Checks = {
  revision: count,
  cluster: fields({
    clusterId: that("a text that is not empty", (value) => typeof value === "string" && value !== ""),
    epoch: count,
    strategy: oneOf(strategies),
  }),
  lastNodeId: orNull(nodeId),
  lastTaskId: orNull(taskId),
  finished: listOf(taskId),
};

const idempotency = optional(fields({ key: text, fingerprint: text }));

/** One line of a snapshot, parsed: a header, a node or a task. */
export function recordFault(line: unknown): string | null {
  if (!isObject(line)) return "it is not an object";
  if ("header" in line) return named("the header", fieldFault(line.header, headerChecks));
  if ("node" in line) return named("a node", fieldFault(line.node, nodeChecks));
  if (!("task" in line)) return "it is neither header, node nor task";
  const fault = fieldFault(line.task, taskChecks) ?? idempotency(line.idempotency);
  return named("a task", fault ?? statusFault(unpackTask(line.task as unknown as PackedTask)));
}

/** What its status says it must have. */
function statusFault(task: Task): string | null {
  if (isPlaced(task.status) && task.nodeId === null) return `is ${task.status}, on no node`;
  if (isFinished(task.status) && task.finishedAt === null) return `is ${task.status}, with no time of its end`;
  return null;
}

function fieldFault(value: unknown, checks: Checks): string | null {
  if (!isObject(value)) return "not an object";
  for (const [name, check] of Object.entries(checks)) {
    const fault = check(value[name]);
    if (fault !== null) return `has a field ${name} that is ${fault}`;
  }
  return null;
}

function named(what: string, fault: string | null): string | null {
  return fault === null ? null : `${what} ${fault.startsWith("not ") ? `is ${fault}` : fault}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
