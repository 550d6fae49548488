// A refusal of an input names the field, what was expected, and what was received.

import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { limits } from "../../model/limits.ts";
import type { Refusal } from "../../model/refusal.ts";
import { type Operation, type OperationId, operations } from "../operations/operations.ts";
import { bodies } from "./bodies.ts";
import { queries } from "./queries.ts";
import { parseBody, parseQuery } from "./validation.ts";

function refusalOf(id: OperationId, body: unknown): Refusal {
  const { body: name } = operations[id] as Operation;
  const outcome = parseBody(bodies[name!], typeof body === "string" ? body : JSON.stringify(body));
  if (outcome.ok) throw new Error(`${JSON.stringify(body)} was taken`);
  return outcome.refusal;
}

function queryOf(id: OperationId) {
  const { query: name } = operations[id] as Operation;
  return name && queries[name];
}

const base = { name: "web", image: "nginx" };
const node = { hostname: "n1", port: 8081 };

const refusedBodies: [id: OperationId, body: unknown, field: string, expected: string, got: string][] = [
  ["createTask", [], "", "an object with at least name and image", "[]"],
  ["createTask", {}, "name", "a name of letters", "it is missing"],
  ["createTask", { name: "web" }, "image", "an image reference such as", "it is missing"],
  ["createTask", { ...base, name: "we b" }, "name", "a name of letters", '"we b"'],
  ["createTask", { ...base, name: "-web" }, "name", "a name that begins with a letter or digit", '"-web"'],
  ["createTask", { ...base, name: "web_" }, "name", "a name that ends with a letter or digit", '"web_"'],
  ["createTask", { ...base, image: "BusyBox:1.35" }, "image", "an image reference in lower case", '"BusyBox:1.35"'],
  [
    "createTask",
    { ...base, image: "http://registry/x" },
    "image",
    "an image reference without http://",
    '"http://registry/x"',
  ],
  ["createTask", { ...base, image: "nginx:" }, "image", "an image reference with a tag after the colon", '"nginx:"'],
  ["createTask", { ...base, ports: ["80:80"] }, "ports[0]", "an object", '"80:80"'],
  ["createTask", { ...base, ports: [{ containerPort: 0 }] }, "ports[0].containerPort", "from 1 to 65535", "got 0"],
  ["createTask", { ...base, resources: "512m" }, "resources", "an object", '"512m"'],
  ["createTask", { ...base, resources: { memory: "12x" } }, "resources.memory", 'memory such as "512Mi"', '"12x"'],
  [
    "createTask",
    { ...base, resources: { memory: { request: "1x" } } },
    "resources.memory.request",
    "an amount of memory such as",
    '"1x"',
  ],
  ["createTask", { ...base, restartPolicy: "sometimes" }, "restartPolicy", "never, on-failure", '"sometimes"'],
  ["createTask", { ...base, restartPolicy: { mode: "x" } }, "restartPolicy.mode", "one of never", '"x"'],
  ["createTask", { ...base, constraints: ["=="] }, "constraints[0]", "node==NAME", '"=="'],
  ["createTask", { ...base, env: { "A=B": "c" } }, "env.A=B", "an environment name without '='", '"A=B"'],
  ["createTask", { ...base, env: { A: 1 } }, "env.A", "an environment value as text", "1"],
  ["createTask", { ...base, command: [5] }, "command[0]", "a string", "got 5"],
  ["registerNode", { hostname: "n1" }, "port", "a whole number from 1 to 65535", "it is missing"],
  ["registerNode", { ...node, hostname: "http://n1" }, "hostname", "a host name or an IP address", '"http://n1"'],
  ["registerNode", { ...node, engine: "docker" }, "engine", "an object", '"docker"'],
  ["registerNode", { ...node, capacity: 0 }, "capacity", "from 1 to", "got 0"],
  ["reportTask", {}, "status", "one of pending, scheduled, running", "it is missing"],
  ["reportTask", { status: "done" }, "status", "one of pending", '"done"'],
  ["reportTask", { status: "running", startedAt: "today" }, "startedAt", "an ISO 8601 time", '"today"'],
  ["heartbeat", { engineError: 5 }, "engineError", "a string", "got 5"],
];

test.each(refusedBodies)("%s %j: %s", (id, body, field, expected, got) => {
  const refusal = refusalOf(id, body);
  expect(refusal.code).toBe("invalid-field");
  expect(refusal.details).toMatchObject({ field });
  expect(refusal.message).toContain(field === "" ? "the body: expected" : `field "${field}": expected`);
  expect(refusal.message).toContain(expected);
  expect(refusal.message).toContain(got);
  expect(refusal.hint).toBeTruthy();
});

describe("fields that do not exist are refused by name", () => {
  const rows: [id: OperationId, body: object, field: string, hint: string][] = [
    ["createTask", { ...base, nmae: "x" }, "nmae", "name, image, command"],
    ["createTask", { ...base, ports: [{ containerPort: 80, host: 1 }] }, "ports[0].host", "hostPort, containerPort"],
    ["createTask", { ...base, resources: { gpu: 1 } }, "resources.gpu", "cpu, memory"],
    ["createTask", { ...base, taskId: "x" }, "taskId", "name"],
    ["registerNode", { ...node, name: "n1" }, "name", "hostname, port, capacity"],
    ["reportTask", { status: "running", exit: 0 }, "exit", "status"],
    ["heartbeat", { load: 1 }, "load", "engine, engineError"],
  ];
  test.each(rows)("%s %j", (id, body, field, hint) => {
    const refusal = refusalOf(id, body);
    expect(refusal).toMatchObject({ code: "unknown-field", details: { field } });
    expect(refusal.message).toContain(`"${field}"`);
    expect(refusal.hint).toContain(hint);
  });
});

test("with many problems, the sentence has the first, the details have ten, and the rest is counted", () => {
  const refusal = refusalOf("createTask", { ...base, args: Array.from({ length: 50 }, () => 5) });
  expect(refusal.message).toContain("(and 9 more)");
  expect(refusal.details?.problems).toHaveLength(10);
  const two = refusalOf("createTask", {});
  expect(two.details?.problems).toMatchObject([{ field: "name" }, { field: "image" }]);
});

test("the received value is quoted, and shortened", () => {
  expect(refusalOf("createTask", { ...base, user: ["x".repeat(10_000)] }).message.length).toBeLessThan(300);
});

test.each([["{"], ["{'a':1}"], ["{}x"], ["\u0000"], ['{"a":1,}']])("%j is not JSON", (text) => {
  const refusal = refusalOf("createTask", text);
  expect(refusal.code).toBe("invalid-json");
  expect(refusal.message).toStartWith("the body is not JSON: ");
});

test("an empty body counts as an empty object, for heartbeats sent by hand", () => {
  const outcome = parseBody(bodies.HeartbeatInput, "");
  expect(outcome).toEqual({ ok: true, value: {} });
});

test("names such as constructor are ordinary fields", () => {
  expect(refusalOf("createTask", '{"name":"web","image":"nginx","constructor":1}').code).toBe("unknown-field");
  const outcome = parseBody(bodies.TaskInput, '{"name":"web","image":"nginx","env":{"constructor":"x"}}');
  expect(outcome).toMatchObject({ ok: true, value: { env: { constructor: "x" } } });
});

describe("queries", () => {
  const refused: [id: OperationId, query: string, code: string, words: string][] = [
    ["listTasks", "limit=0", "invalid-field", 'query parameter "limit": expected a whole number from 1 to'],
    ["listTasks", "limit=x", "invalid-field", '"limit"'],
    ["listTasks", "limit=5&limit=6", "invalid-field", "is given 2 times"],
    ["listTasks", "watch=maybe", "invalid-field", "expected true or false"],
    ["listTasks", "state=running", "unknown-field", 'no query parameter "state"'],
    ["getTask", "wait=soon", "invalid-field", "one of running, ready, finished"],
    ["createTask", "timeout=x", "invalid-field", "a duration such as 30s"],
    ["watch", "since=-1", "invalid-field", '"since"'],
    ["taskLogs", "tail=-1", "invalid-field", '"tail"'],
    ["deleteTask", "force=yes", "invalid-field", "true or false"],
    ["health", "verbose=1", "unknown-field", '"verbose"'],
    ["listTasks", "state=a&state=b", "unknown-field", 'no query parameter "state"'],
  ];
  test.each(refused)("%s ?%s", (id, query, code, words) => {
    const outcome = parseQuery(queryOf(id), new URLSearchParams(query));
    expect(outcome).toMatchObject({ ok: false, refusal: { code } });
    if (!outcome.ok) expect(outcome.refusal.message).toContain(words);
  });

  const taken: [id: OperationId, query: string, value: object][] = [
    ["listTasks", "", {}],
    ["listTasks", "label=a&label=b=c", { label: ["a", "b=c"] }],
    ["listTasks", "label=a&limit=5&watch", { label: ["a"], limit: 5, watch: true }],
    ["deleteTask", "force", { force: true }],
    ["deleteTask", "force=0", { force: false }],
    ["getTask", "wait=finished&timeout=1m30s", { wait: "finished", timeout: 90_000 }],
    ["taskLogs", "follow=1&tail=0&stderr=false", { follow: true, tail: 0, stderr: false }],
  ];
  test.each(taken)("%s ?%s is %j", (id, query, value) => {
    const outcome = parseQuery(queryOf(id), new URLSearchParams(query));
    expect(outcome).toEqual({ ok: true, value: value as Record<string, unknown> });
  });
});

describe("text that the parser would alter is refused", () => {
  const schema = z.strictObject({ name: z.string(), labels: z.record(z.string(), z.unknown()).optional() });
  const refusals: [what: string, text: string, field: string][] = [
    ["a key with a meaning of its own", '{"name":"a","labels":{"__proto__":"b"}}', "labels.__proto__"],
    ["the same in escapes", '{"name":"a","labels":{"\\u005f_proto__":"b"}}', "labels.__proto__"],
    ["half a character", '{"name":"\\ud800"}', "name"],
    ["half a character in a list", '{"name":"a","labels":{"b":["c","\\udfff"]}}', "labels.b[1]"],
    ["half a character in a key", '{"name":"a","labels":{"\\ud800":"b"}}', "labels"],
  ];
  test.each(refusals)("%s", (_, text, field) => {
    const outcome = parseBody(schema, text);
    if (outcome.ok) throw new Error("it was taken");
    expect(outcome.refusal).toMatchObject({ code: "invalid-field", details: { field } });
  });

  test("escapes of whole characters are accepted", () => {
    const outcome = parseBody(schema, '{"name":"\\ud83d\\ude00 \\u00e9"}');
    expect(outcome).toEqual({ ok: true, value: { name: "😀 é" } });
  });

  test("such a query key is refused as unknown", () => {
    const outcome = parseQuery(z.strictObject({}), new URLSearchParams("__proto__=1"));
    expect(outcome).toMatchObject({ ok: false, refusal: { code: "unknown-field" } });
  });
});

describe("nesting", () => {
  const schema = z.strictObject({ name: z.unknown() });
  const nested = (depth: number, filler = "") => `{"name":${"[".repeat(depth)}"${filler}"${"]".repeat(depth)}}`;
  const long = "x".repeat(5000);

  test("the deepest allowed nesting is accepted; deeper nesting is refused without parsing", () => {
    expect(parseBody(schema, nested(limits.bodyDepth - 1, long)).ok).toBe(true);
    for (const text of [nested(limits.bodyDepth, long), nested(300_000), "[".repeat(1_000_000)]) {
      expect(parseBody(schema, text)).toMatchObject({ ok: false, refusal: { code: "invalid-json" } });
    }
  });

  test("brackets in strings are text, also behind escapes", () => {
    const text = JSON.stringify({ name: `${"[{".repeat(5000)}\\"[` });
    expect(parseBody(schema, text).ok).toBe(true);
  });

  test("the value found in place of a field is shown in a few words", () => {
    const outcome = parseBody(z.strictObject({ name: z.string({ error: "a name" }) }), nested(1000));
    if (outcome.ok) throw new Error("it was taken");
    expect(outcome.refusal.message).toBe('field "name": expected a name; got a list of 1');
  });
});
