// Every field of every body, with values that a program may stumble over: the master answers each request, refuses or keeps
// what it says, and goes on. What is accepted takes effect, too: revisions are rolled out, and tasks run and end.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import { bodies } from "../../src/api/schemas/bodies.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { Cluster, type MasterProcess } from "../../tools/lab/cluster.ts";

type Path = (string | number)[];
type Body = Record<string, unknown>;
type JsonSchema = Record<string, unknown> & { properties?: Record<string, JsonSchema>; items?: JsonSchema };

const values: unknown[] = [
  ...[-1, 0, 1, 0.5, 2 ** 31, 2 ** 53, 1e308, true, null, "", [], {}, [null], { a: {} }],
  ...["0s", "1ms", "100000d", "99999999999d", `${"9".repeat(40)}d`, "1e9d", "-1", "NaN", "Infinity", "0x10", "1e999"],
  ...["9999-12-31T23:59:59.999Z", "-271821-04-20T00:00:00Z", "x".repeat(5_000), "\u202e", "../..", "%00", "__proto__"],
];

/** What a request for each body is: where it goes, and the least that it must have. `name` is another one each time. */
const requests: Record<keyof typeof bodies, (name: string) => [method: string, path: string, body: Body][]> = {
  TaskInput: (name) => [["POST", "/api/v1/tasks", { name, image: "a:1" }]],
  TaskReport: () => [["PUT", `/api/v1/tasks/${task}/status`, { status: "running", containerId: "c" }]],
  PodInput: (name) => [["POST", "/api/v1/pods", { name, containers: [{ name: "app", image: "a:1" }] }]],
  PodReport: () => [["PUT", `/api/v1/pods/${task}/status`, { status: "running" }]],
  ServiceInput: (name) =>
    ["a:1", "a:2"].map((image) => ["PUT", `/api/v1/services/${name}`, { name, image, replicas: 2 }]),
  JobInput: (name) => [["POST", "/api/v1/jobs", { name, image: "a:1" }]],
  VolumeInput: (name) => [["POST", "/api/v1/volumes", { name }]],
  VolumeUpdate: () => [["PUT", "/api/v1/volumes/data", {}]],
  ContentInput: (name) => ["configs", "secrets"].map((kind) => ["POST", `/api/v1/${kind}`, { name, data: "a" }]),
  ContentUpdate: () => [["PUT", "/api/v1/configs/settings", { data: "b" }]],
  ScheduleInput: (name) => [["PUT", `/api/v1/schedules/${name}`, { name, image: "a:1", cron: "* * * * * *" }]],
  AppInput: (name) => [
    [
      "PUT",
      `/api/v1/apps/${name.toLowerCase()}`,
      { services: [{ name: `${name.toLowerCase()}_a`, image: "a:1" }], volumes: [{ name: `${name}_data` }] },
    ],
  ],
  CredentialInput: (name) => [["PUT", `/api/v1/registries/${name}.example.com`, { username: "u", password: "p" }]],
  NodeRegistration: (name) => [["POST", "/api/v1/nodes/register", { hostname: name, port: 1, capacity: 5 }]],
  NodeLabelsInput: () => [["POST", `/api/v1/nodes/${node}/labels`, {}]],
  NodeDrainInput: () => [["POST", `/api/v1/nodes/${node}/drain`, {}]],
  HeartbeatInput: () => [["POST", `/api/v1/nodes/${node}/heartbeat`, {}]],
  PlanInput: () => [["POST", "/api/v1/plan", { drain: { node } }]],
};

let cluster: Cluster;
let master: MasterProcess;
let node = "";
let task = "";

beforeAll(async () => {
  cluster = await Cluster.alone();
  master = await cluster.master().start();
  const registration = { hostname: "n1", port: 1, capacity: 10_000 };
  node = (await master.json<{ nodeId: string }>("POST", "/api/v1/nodes/register", registration)).nodeId;
  task = (await master.json<TaskView>("POST", "/api/v1/tasks", { name: "first", image: "a:1" })).taskId;
  await master.json("POST", "/api/v1/volumes", { name: "data" });
  await master.json("POST", "/api/v1/configs", { name: "settings", data: "a" });
});
afterAll(() => cluster?.down());

/** Every field, also within others. A list has its first entry, a map the key "k". */
function pathsOf(schema: JsonSchema, depth = 5): Path[] {
  if (depth === 0) return [];
  const within = (key: string | number, inner: JsonSchema): Path[] => [
    [key],
    ...pathsOf(inner, depth - 1).map((path) => [key, ...path]),
  ];
  const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [] } = schema;
  const alternatives = [...(anyOf as JsonSchema[]), ...(oneOf as JsonSchema[])];
  return [
    ...Object.entries(properties).flatMap(([key, inner]) => within(key, inner)),
    ...(items ? within(0, items) : []),
    ...(typeof additionalProperties === "object" ? within("k", additionalProperties as JsonSchema) : []),
    ...alternatives.flatMap((inner) => pathsOf(inner, depth)),
  ];
}

function withValue(body: Body, [key, ...rest]: Path, value: unknown): unknown {
  const old = (body as Record<string | number, unknown>)[key!];
  const inner = old !== null && typeof old === "object" ? (old as Body) : {};
  const next = rest.length === 0 ? value : withValue(inner, rest, value);
  return typeof key === "number" ? [next] : { ...body, [key!]: next };
}

let names = 0;

/** The fields of a body. Those that it has in common with a task are tried with a task alone. */
function fieldsOf(what: keyof typeof bodies): Map<string, Path> {
  const schemaOf = (of: keyof typeof bodies) =>
    z.toJSONSchema(bodies[of], { io: "input", unrepresentable: "any" }) as JsonSchema;
  const common = what === "TaskInput" ? [] : Object.keys(schemaOf("TaskInput").properties!);
  // The service and the app of a plan are the bodies of other requests.
  const isTried = ([key, ...within]: Path) =>
    !common.includes(key as string) && (!/^put/.test(key as string) || !within.length);
  const paths = pathsOf(schemaOf(what)).filter(isTried);
  return new Map(paths.map((path) => [path.join("."), path]));
}

/** What was answered otherwise than with an answer or a refusal. */
async function faultsOf(what: keyof typeof bodies): Promise<string[]> {
  const faults: string[] = [];
  const send = async (field: string, path: Path, value: unknown) => {
    for (const [method, url, body] of requests[what](`x${names++}`)) {
      const headers = { "content-type": "application/json" };
      const whole = JSON.stringify(withValue(body, path, value));
      const answer = await master.fetch(url, { method, headers, body: whole });
      await answer.text();
      if (answer.status >= 500) faults.push(`${field} = ${JSON.stringify(value)}: ${answer.status}`);
    }
  };
  for (const [field, path] of fieldsOf(what)) await Promise.all(values.map((value) => send(field, path, value)));
  return faults;
}

for (const what of Object.keys(requests) as (keyof typeof bodies)[]) {
  test(`${what}: each field with each value is answered`, async () => {
    expect(await faultsOf(what)).toEqual([]);
  }, 120_000);
}

test("what was accepted takes effect, and the master goes on", async () => {
  for (const status of ["running", "completed"]) {
    const tasks = await master.json<TaskView[]>("GET", "/api/v1/tasks?limit=10000");
    for (const { taskId } of tasks.filter((one) => one.nodeId !== null)) {
      const body = JSON.stringify({ status, containerId: "c", exitCode: status === "running" ? null : 0 });
      const headers = { "content-type": "application/json" };
      await (await master.fetch(`/api/v1/tasks/${taskId}/status`, { method: "PUT", headers, body })).text();
    }
  }
  expect(await master.json("GET", "/health")).toMatchObject({ status: "ok" });
}, 120_000);
