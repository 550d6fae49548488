// Routing: every operation of the table at its own path, and the answers for paths and methods that are in no table.

import { expect, test } from "bun:test";
import { workerOperations } from "../worker-operations.ts";
import { type Operation, operations } from "./operations.ts";
import { createRouter } from "./router.ts";

const route = createRouter(operations);

test("every operation is found at its method and path", () => {
  for (const [id, { method, path }] of Object.entries(operations) as [string, Operation][]) {
    expect(route(method, path.replace("{id}", "abc"))).toEqual({
      found: true,
      id: id as never,
      parameters: path.includes("{id}") ? { id: "abc" } : {},
    });
  }
});

const parameters: [path: string, id: string, parameter: string][] = [
  ["/api/v1/tasks/web", "getTask", "web"],
  ["/api/v1/tasks/web.1-a", "getTask", "web.1-a"],
  ["/api/v1/tasks/a%20b", "getTask", "a b"],
  ["/api/v1/tasks/a%2Fb", "getTask", "a/b"],
  ["/api/v1/tasks/%E0%A4%A", "getTask", "%E0%A4%A"],
  ["/api/v1/tasks/logs", "getTask", "logs"],
  ["/api/v1/tasks/logs/logs", "taskLogs", "logs"],
  ["/api/v1/nodes/n1", "getNode", "n1"],
];
test.each(parameters)("GET %s", (path, id, parameter) => {
  expect(route("GET", path)).toEqual({ found: true, id: id as never, parameters: { id: parameter } });
  expect(route("HEAD", path)).toEqual(route("GET", path));
});

test("a table of its own, with several parameters in a path", () => {
  const two = { ...workerOperations.getTask, path: "/tasks/{id}/files/{name}" };
  const find = createRouter({ ...workerOperations, two });
  expect(find("GET", "/tasks/a/logs")).toEqual({ found: true, id: "taskLogs", parameters: { id: "a" } });
  expect(find("GET", "/tasks/a/files/b%20c")).toEqual({ found: true, id: "two", parameters: { id: "a", name: "b c" } });
  expect(find("GET", "/tasks/a/files/")).toEqual({ found: false, allowed: [] });
  expect(find("POST", "/cleanup")).toEqual({ found: true, id: "clean", parameters: {} });
});

const missing: [method: string, path: string, allowed: string[]][] = [
  ["GET", "/", []],
  ["GET", "/api/v1/task", []],
  ["GET", "/api/v1/tasks/", []],
  ["GET", "/api/v1/tasks/a/b/logs", []],
  ["GET", "/api/v1/tasks/a/other", []],
  ["GET", "/API/V1/TASKS", []],
  ["GET", "/api/v1/tasks/a/stop", ["POST"]],
  ["PATCH", "/api/v1/tasks", ["GET", "POST"]],
  ["POST", "/api/v1/tasks/a", ["GET", "DELETE"]],
  ["DELETE", "/health", ["GET"]],
  ["get", "/health", ["GET"]],
];
test.each(missing)("%s %s", (method, path, allowed) => {
  expect(route(method, path)).toEqual({ found: false, allowed });
});
