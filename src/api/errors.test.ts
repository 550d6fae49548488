// The catalogue of errors: complete, with statuses that clients can rely on, and the same in docs/ERRORS.md.

import { describe, expect, test } from "bun:test";
import { refusalCodes } from "../model/refusal.ts";
import { errorBody, errorCatalogue, retryAfterSeconds } from "./errors.ts";
import { refusalResponse } from "./refusal-response.ts";

const statuses = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 502, 503];

test("every code has a status and a meaning, and no status is left out", () => {
  expect(Object.keys(errorCatalogue).sort()).toEqual([...refusalCodes].sort());
  for (const { status, meaning } of Object.values(errorCatalogue)) {
    expect(statuses).toContain(status);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
  expect([...new Set(Object.values(errorCatalogue).map(({ status }) => status))].sort()).toEqual(statuses);
});

test("a temporary error says when to try again; no other error does", () => {
  for (const code of refusalCodes) {
    const { status } = errorCatalogue[code];
    expect(retryAfterSeconds[code] !== undefined).toBe(status === 429 || status === 503);
  }
});

test("the body has all four fields, always", () => {
  expect(errorBody({ code: "task-not-found", message: "there is no task" })).toEqual({
    error: "there is no task",
    code: "task-not-found",
    details: {},
    hint: "",
  });
});

describe("an answer", () => {
  const rows: [
    code: (typeof refusalCodes)[number],
    details: Record<string, unknown>,
    headers: Record<string, string>,
  ][] = [
    ["too-many", {}, { "retry-after": "5" }],
    ["journal-unavailable", {}, { "retry-after": "2" }],
    ["unauthorized", {}, { "www-authenticate": 'Bearer realm="podling"' }],
    ["method-not-allowed", { allowed: ["GET", "POST"] }, { allow: "GET, POST" }],
    ["task-not-found", {}, {}],
  ];
  test.each(rows)("%s", async (code, details, headers) => {
    const answer = refusalResponse({ code, message: "a sentence", hint: "a hint", details });
    expect(answer.status).toBe(errorCatalogue[code].status);
    expect(Object.fromEntries(answer.headers)).toEqual({ "content-type": "application/json", ...headers });
    expect(await answer.json()).toEqual({ error: "a sentence", code, details, hint: "a hint" });
  });
});
