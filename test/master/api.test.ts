// Every operation of the API over a real socket: what it answers when all is well, and each refusal with its status,
// its code and a body that says what, why and what next.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { limits } from "../../src/model/limits.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(() => {
  podling = new TestMaster();
});
afterAll(() => podling.stop());

const web = { name: "web", image: "nginx" };

describe("about the master", () => {
  test.each([["/health"], ["/ready"]])("GET %s", async (path) => {
    expect(await podling.do("GET", path)).toEqual({ service: "podling-master", status: "ok", message: "" });
  });

  test("GET /version", async () => {
    expect(await podling.do("GET", "/version")).toEqual({ version: "0.0.0-test", commit: "test", api: "v1" });
  });

  test("GET /metrics is Prometheus text: a help, a type and samples for each", async () => {
    const { headers, body } = await podling.ask<string>("GET", "/metrics");
    expect(headers.get("content-type")).toStartWith("text/plain");
    expect(body).toContain('podling_tasks{status="pending"}');
    expect(body).toContain("podling_journal_up 1");
    for (const line of body.trim().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+]+)$/);
    }
  });

  test("GET /docs is a page, which no other page can show as a part of itself", async () => {
    const { headers, body } = await podling.ask<string>("GET", "/docs");
    expect(headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-type")).toStartWith("text/html");
    expect(body).toContain("/openapi.json");
  });
});

test("a worker of 0.1.0 gets a node id that it knows after a restart; later workers and people get a dated one", async () => {
  const register = async (hostname: string, version: string, headers: Record<string, string> = {}) => {
    const body = { hostname, port: 1, version };
    const { nodeId } = (await podling.ask<{ nodeId: string }>("POST", "/api/v1/nodes/register", { body, headers }))
      .body;
    await podling.do("POST", `/api/v1/nodes/${nodeId}/deregister`);
    return nodeId;
  };
  expect(await register("old", "0.1.0")).toMatch(/^node-[a-z0-9]{8}$/);
  expect(await register("new", "0.1.0", { "podling-node-ids": "dated" })).toMatch(/^\d{14}-[a-z0-9]{8}$/);
  expect(await register("by-hand", "")).toMatch(/^\d{14}-[a-z0-9]{8}$/);
});

describe("POST /api/v1/tasks", () => {
  test("201 with the task, and its node or the reason why it is pending", async () => {
    const { status, headers, body } = await podling.ask<TaskView>("POST", "/api/v1/tasks", { body: web });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/api/v1/tasks/${body.taskId}`);
    expect(body).toMatchObject({ status: "pending", reason: { code: "no-nodes" }, nodeId: null });
    const { nodeId } = await podling.register("n1", { capacity: 1000 });
    const placed = await podling.create("placed");
    expect(placed).toMatchObject({ status: "scheduled", nodeId, reason: { code: "placed" } });
    expect(placed.scheduledAt).not.toBeNull();
    expect((await podling.task(body.taskId)).status).toBe("scheduled");
  });

  const refused: [what: string, text: string, type: string | null, status: number, code: string][] = [
    ["no JSON", "{", "application/json", 400, "invalid-json"],
    ["an empty body", "", "application/json", 400, "invalid-field"],
    ["a missing field", '{"name":"web"}', "application/json", 400, "invalid-field"],
    ["an unknown field", '{"name":"web","image":"a","x":1}', "application/json", 400, "unknown-field"],
    ["a form", "name=web", "application/x-www-form-urlencoded", 415, "unsupported-media-type"],
    ["text", JSON.stringify(web), "text/plain", 415, "unsupported-media-type"],
    ["no type", JSON.stringify(web), null, 415, "unsupported-media-type"],
    ["a type that begins alike", JSON.stringify(web), "application/json-patch+json", 415, "unsupported-media-type"],
    [
      "fields that contradict each other",
      '{"name":"web","image":"a","resources":{"memory":{"request":"2g","limit":"1g"}}}',
      "application/json",
      422,
      "unprocessable",
    ],
  ];
  test.each(refused)("%s", async (_, text, type, status, code) => {
    // A string body without a type gets one from fetch; bytes get none.
    const headers: Record<string, string> = type === null ? {} : { "content-type": type };
    const body = type === null ? new TextEncoder().encode(text) : text;
    const answer = await fetch(`${podling.url}/api/v1/tasks`, { method: "POST", headers, body });
    expectRefusal({ status: answer.status, headers: answer.headers, body: await answer.json() }, status, code);
  });

  test("a charset does not change the media type", async () => {
    const headers = { "content-type": "application/json; charset=utf-8" };
    expect((await podling.ask("POST", "/api/v1/tasks", { text: JSON.stringify(web), headers })).status).toBe(201);
  });

  test("an unknown query parameter is refused", async () => {
    expectRefusal(await podling.ask("POST", "/api/v1/tasks?dry=1", { body: web }), 400, "unknown-field");
  });
});

describe("bodies over 1 MiB are a 413 that says so", () => {
  const over = (bytes: number) => `{"name":"${"x".repeat(bytes - 11)}"}`;

  test.each([[1], [1024 * 1024], [20 * 1024 * 1024]])("%p bytes over", async (beyond) => {
    const text = over(limits.bodyBytes + beyond);
    const headers = { "content-type": "application/json" };
    expectRefusal(await podling.ask("POST", "/api/v1/tasks", { text, headers }), 413, "body-too-large");
  });

  test("also if the length is not known beforehand, counted in bytes", async () => {
    const piece = new TextEncoder().encode("ü".repeat(64 * 1024));
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 12) controller.enqueue(piece);
        else controller.close();
      },
    });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${podling.url}/api/v1/tasks`, { method: "POST", headers, body });
    expectRefusal({ status: answer.status, headers: answer.headers, body: await answer.json() }, 413, "body-too-large");
  });

  test("a body just below the limit is read", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await podling.ask("POST", "/api/v1/tasks", { text: over(limits.bodyBytes), headers });
    expectRefusal(answer, 400, "invalid-field");
  });
});

describe("unknown paths, methods and records", () => {
  test.each([
    ["GET", "/"],
    ["GET", "/api/v1/task"],
    ["POST", "/api/v1/nodes"],
    ["GET", "/api/v2/tasks"],
  ])("%s %s", async (method, path) => {
    const answer = await podling.ask(method, path);
    if (path === "/api/v1/nodes") expectRefusal(answer, 405, "method-not-allowed");
    else expectRefusal(answer, 404, "route-not-found");
  });

  test("405 says what is allowed", async () => {
    const answer = await podling.ask("DELETE", "/api/v1/tasks");
    expectRefusal(answer, 405, "method-not-allowed");
    expect(answer.headers.get("allow")).toBe("GET, POST");
  });

  test.each([
    ["GET", "/api/v1/tasks/none"],
    ["DELETE", "/api/v1/tasks/none"],
    ["POST", "/api/v1/tasks/none/stop"],
    ["GET", "/api/v1/tasks/none/logs"],
    ["GET", "/api/v1/tasks/none/explanation"],
  ])("%s %s: no such task", async (method, path) => {
    expectRefusal(await podling.ask(method, path), 404, "task-not-found");
  });

  test("a report on an unknown task", async () => {
    const answer = await podling.ask("PUT", "/api/v1/tasks/none/status", { body: { status: "running" } });
    expectRefusal(answer, 404, "task-not-found");
  });

  test.each([
    ["GET", "/api/v1/nodes/none"],
    ["POST", "/api/v1/nodes/none/heartbeat"],
    ["POST", "/api/v1/nodes/none/deregister"],
    ["POST", "/api/v1/nodes/none/cordon"],
    ["POST", "/api/v1/nodes/none/uncordon"],
    ["GET", "/api/v1/nodes/none/assignments"],
    ["GET", "/api/v1/tasks?node=none"],
  ])("%s %s: no such node", async (method, path) => {
    expectRefusal(await podling.ask(method, path), 404, "node-not-found");
  });
});

test("a name is never shortened: what begins so is another node, or another task", async () => {
  const node = await podling.register("web-10");
  await podling.create("job-10");
  for (const [method, path] of [
    ["GET", "nodes/web-1"],
    ["POST", "nodes/web-1/deregister"],
    ["POST", "nodes/web-1/cordon"],
    ["POST", "nodes/web-1/lost?force=true"],
    ["GET", "tasks?node=web-1"],
  ] as const) {
    expectRefusal(await podling.ask(method, `/api/v1/${path}`), 404, "node-not-found");
  }
  expectRefusal(await podling.ask("POST", "/api/v1/tasks/job-1/stop"), 404, "task-not-found");
  expectRefusal(await podling.ask("DELETE", "/api/v1/tasks/job-1?force=true"), 404, "task-not-found");
  expect((await podling.ask("GET", `/api/v1/nodes/${node.nodeId.slice(0, -1)}`)).status).toBe(200);
});

describe("GET /api/v1/tasks/{id}", () => {
  test("by id, unique prefix, part after the dash, and name; 409 if several match", async () => {
    const one = await podling.create("find-me");
    for (const reference of [one.taskId, one.taskId.slice(0, -1), one.taskId.slice(15), "find-me"]) {
      expect((await podling.task(reference)).taskId).toBe(one.taskId);
    }
    const two = await podling.create("find-me");
    const answer = await podling.ask("GET", "/api/v1/tasks/find-me");
    expectRefusal(answer, 409, "ambiguous-id");
    expect(JSON.stringify(answer.body)).toContain(two.taskId);
    expectRefusal(await podling.ask("GET", `/api/v1/tasks/${one.taskId.slice(0, 4)}`), 409, "ambiguous-id");
    await podling.do("DELETE", `/api/v1/tasks/${one.taskId}?force=true`);
    expect((await podling.task("find-me")).taskId).toBe(two.taskId);
  });
});

describe("PUT /api/v1/tasks/{id}/status", () => {
  test("the legal transitions, each also repeated without effect", async () => {
    const task = await podling.create("moves");
    const running = { containerId: "c1", startedAt: "2025-01-19T12:00:00.000Z" };
    const first = await podling.report(task, "running", running);
    expect(first).toMatchObject({ status: "running", ...running, reason: { code: "running" } });
    expect(await podling.report(task, "running", running)).toEqual(first);
    const ended = await podling.report(task, "failed", { exitCode: 3, error: "it broke" });
    expect(ended).toMatchObject({ status: "failed", exitCode: 3, error: "it broke", reason: { code: "exited" } });
    expect(ended.finishedAt).not.toBeNull();
    expect(await podling.report(task, "failed", { exitCode: 3, error: "it broke" })).toEqual(ended);
    expect(await podling.report(task, "failed", { exitCode: 4 })).toEqual(ended);
  });

  const illegal: [first: string[], then: string][] = [
    [[], "completed"],
    [[], "pending"],
    [[], "stopped"],
    [["running"], "scheduled"],
    [["running"], "stopped"],
    [["running", "completed"], "running"],
    [["running", "completed"], "failed"],
    [["failed"], "running"],
  ];
  test.each(illegal)("after %j, %s is a 409 that names both", async (first, then) => {
    const task = await podling.create("illegal");
    for (const status of first) await podling.report(task, status);
    const answer = await podling.ask("PUT", `/api/v1/tasks/${task.taskId}/status`, { body: { status: then } });
    expectRefusal(answer, 409, "illegal-move");
    expect(answer.body).toMatchObject({ details: { from: first.at(-1) ?? "scheduled", to: then } });
    await podling.do("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
  });

  test("of another node's task", async () => {
    const task = await podling.create("not-yours");
    const body = { status: "running", nodeId: "node-00000000" };
    const answer = await podling.ask("PUT", `/api/v1/tasks/${task.taskId}/status`, { body });
    expectRefusal(answer, 409, "not-your-task");
  });
});

describe("stop and delete", () => {
  test("an unfinished task is asked to stop, a repeat is harmless, and it is stopped when the worker reports that", async () => {
    const task = await podling.create("stop-me", { stopGraceSeconds: 7 });
    await podling.report(task, "running");
    const asked = await podling.do<TaskView>("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect(asked).toMatchObject({ status: "running", desired: "stopped", reason: { code: "stopping" } });
    expect(asked.reason.message).toContain("7 s");
    expect(await podling.do<TaskView>("POST", `/api/v1/tasks/${task.taskId}/stop`)).toEqual(asked);
    expect((await podling.report(task, "stopped", { exitCode: 143 })).status).toBe("stopped");
    expect((await podling.do<TaskView>("POST", `/api/v1/tasks/${task.taskId}/stop`)).status).toBe("stopped");
  });

  test("a pending task is stopped at once", async () => {
    const task = await podling.create("never-placed", { constraints: ["nowhere"] });
    expect(await podling.do<TaskView>("POST", `/api/v1/tasks/${task.taskId}/stop`)).toMatchObject({
      status: "stopped",
    });
  });

  test("an unfinished task is deleted only with force, a finished one at once", async () => {
    const task = await podling.create("delete-me");
    expectRefusal(await podling.ask("DELETE", `/api/v1/tasks/${task.taskId}`), 409, "task-live");
    expectRefusal(await podling.ask("DELETE", `/api/v1/tasks/${task.taskId}?force=false`), 409, "task-live");
    expect((await podling.ask("DELETE", `/api/v1/tasks/${task.taskId}?force=true`)).status).toBe(204);
    expectRefusal(await podling.ask("GET", `/api/v1/tasks/${task.taskId}`), 404, "task-not-found");
    const ended = await podling.create("ended");
    await podling.report(ended, "failed");
    const answer = await podling.ask<string>("DELETE", `/api/v1/tasks/${ended.taskId}`);
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expectRefusal(await podling.ask("DELETE", `/api/v1/tasks/${ended.taskId}`), 404, "task-not-found");
  });
});

describe("logs without a worker to ask", () => {
  test("a task that never ran has none: 409", async () => {
    const task = await podling.create("no-logs", { constraints: ["nowhere"] });
    expectRefusal(await podling.ask("GET", `/api/v1/tasks/${task.taskId}/logs`), 409, "logs-unavailable");
  });

  test("a node that does not answer: 503 with Retry-After", async () => {
    const { nodeId } = await podling.register("gone", { port: 1, address: "127.0.0.1", labels: { only: "here" } });
    const task = await podling.create("lost-logs", { constraints: ["only"] });
    expect(task.nodeId).toBe(nodeId);
    await podling.report(task, "running", { containerId: "c" });
    const answer = await podling.ask("GET", `/api/v1/tasks/${task.taskId}/logs`);
    expectRefusal(answer, 503, "node-unreachable");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    for (const since of ["never", "jan 5", "2025-02-30T00:00:00Z", "2025-01-19T12:34:56", "-5m"]) {
      const refused = await podling.ask("GET", `/api/v1/tasks/${task.taskId}/logs?since=${encodeURIComponent(since)}`);
      expectRefusal(refused, 400, "invalid-field");
    }
    // A time before 1970 is one: the answer is that of the node.
    for (const since of ["1960-01-01T00:00:00Z", "40000d", "9999-12-31T00:00:00Z"]) {
      const taken = await podling.ask("GET", `/api/v1/tasks/${task.taskId}/logs?since=${since}`);
      expectRefusal(taken, 503, "node-unreachable");
    }
    for (const signal of ["", "FOO"]) {
      const refused = await podling.ask("POST", `/api/v1/tasks/${task.taskId}/kill?signal=${signal}`);
      expectRefusal(refused, 400, "invalid-field");
    }
  });
});
