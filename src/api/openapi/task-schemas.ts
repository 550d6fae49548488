// The answers about tasks in openapi.json.

import { strategies } from "../../model/cluster/cluster.ts";
import { filterNames } from "../../model/explanation.ts";
import { taskIdPattern } from "../../model/ids.ts";
import { reasonCodes, taskStatuses } from "../../model/task/reason.ts";
import { taskInput } from "../../model/task/task-input.ts";
import {
  inputSchema,
  type Json,
  listOf,
  nullable,
  nullableTime,
  orNull,
  record,
  text,
  time,
  truth,
  whole,
} from "./json-schemas.ts";

const amount = record({ request: { type: "number" }, limit: nullable("number") });
const reason = record({ code: { enum: [...reasonCodes] }, message: text });
const lastFailure = orNull(record({ finishedAt: nullableTime, exitCode: nullable("integer"), log: listOf(text) }));
const port = record({ hostIp: text, hostPort: whole, containerPort: whole, protocol: { enum: ["tcp", "udp"] } });
const mount = record({
  type: { enum: ["volume", "bind", "tmpfs"] },
  source: text,
  target: text,
  readOnly: truth,
  sizeBytes: nullable("integer"),
});
const restartPolicy = record({
  mode: { enum: ["never", "on-failure", "always"] },
  maxRestarts: nullable("integer"),
  backoffInitialMs: whole,
  backoffMaxMs: whole,
  resetAfterMs: whole,
});
const constraint: Json = {
  type: "object",
  required: ["type", "operator"],
  properties: {
    type: { enum: ["label", "node"] },
    key: text,
    operator: { enum: ["equals", "not-equals", "exists"] },
    value: text,
  },
};
const nodeVerdict = record({
  nodeId: text,
  hostname: text,
  fits: truth,
  filters: listOf(
    record({
      filter: { enum: [...filterNames] },
      passed: truth,
      message: text,
      missing: { type: "number" },
    }),
  ),
  score: nullable("number"),
  scoreMessage: nullable("string"),
  chosen: truth,
});

/** Fields that an answer has in the form of the input. */
const inputFields = [
  "name",
  "image",
  "env",
  "labels",
  "stopGraceSeconds",
  "user",
  "workingDir",
  "pullPolicy",
  "platform",
];

export function taskSchemas(): Record<string, Json> {
  const input = inputSchema(taskInput).properties as Record<string, Json>;
  const sameAsInput = Object.fromEntries(inputFields.map((key) => [key, input[key]!]));
  return {
    Task: record({
      taskId: { type: "string", pattern: taskIdPattern.source },
      ...sameAsInput,
      command: listOf(text),
      args: listOf(text),
      ports: listOf({ ...port, properties: { ...(port.properties as Json), hostPort: nullable("integer") } }),
      resources: { ...record({ cpu: amount, memory: amount }), description: "cpu in cores, memory in bytes." },
      mounts: listOf(mount),
      restartPolicy: restartPolicy,
      constraints: listOf(constraint),
      desired: { enum: ["running", "stopped"] },
      status: { enum: [...taskStatuses] },
      reason,
      nodeId: nullable("string"),
      containerId: nullable("string"),
      exitCode: nullable("integer"),
      oomKilled: truth,
      restarts: whole,
      publishedPorts: listOf(port),
      createdAt: time,
      scheduledAt: nullableTime,
      scheduledRevision: nullable("integer"),
      startedAt: nullableTime,
      finishedAt: nullableTime,
      error: nullable("string"),
      lastFailure,
      replaces: nullable("string"),
      replacedBy: nullable("string"),
    }),
    TaskList: listOf({ $ref: "#/components/schemas/Task" }),
    Explanation: record({
      taskId: text,
      name: text,
      status: { enum: [...taskStatuses] },
      reason,
      restarts: whole,
      lastFailure,
      strategy: { enum: [...strategies] },
      summary: text,
      revision: whole,
      basis: { enum: ["decision", "now"] },
      chosenNodeId: nullable("string"),
      nodes: listOf(nodeVerdict),
      smallestChange: nullable("string"),
    }),
  };
}
