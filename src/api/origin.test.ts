// The origin of a request, from its headers: what is accepted, what is refused, and what the command line may send.

import { describe, expect, test } from "bun:test";
import { declaredUser, fromNode, originOf } from "./origin.ts";

const headers = (user: string | null, requestId: string | null = null) =>
  new Headers({
    ...(user === null ? {} : { "podling-user": user }),
    ...(requestId === null ? {} : { "x-request-id": requestId }),
  });

test("a request that says nothing comes from an anonymous user", () => {
  expect(originOf(headers(null))).toEqual({ ok: true, value: { kind: "user", name: "anonymous" } });
});

describe("Podling-User", () => {
  const rows: [user: string, taken: boolean][] = [
    ["anna@laptop", true],
    ["a.b+c@host.example", true],
    [`${"u".repeat(64)}@${"h".repeat(253)}`, true],
    [`${"u".repeat(65)}@h`, false],
    [`u@${"h".repeat(254)}`, false],
    ["anna", false],
    ["@host", false],
    ["anna@", false],
    ["a@b@c", false],
    ["anna smith@host", false],
    ["", false],
  ];
  test.each(rows)("%s", (user, taken) => {
    const origin = originOf(headers(user));
    if (taken) expect(origin).toEqual({ ok: true, value: { kind: "user", name: user } });
    else expect(origin).toMatchObject({ refusal: { code: "invalid-field", details: { field: "Podling-User" } } });
  });
});

describe("X-Request-Id", () => {
  const rows: [requestId: string, taken: boolean][] = [
    ["5f2c", true],
    ["Root=1-67891233-abcdef012345678912345678", true],
    ["x".repeat(128), true],
    ["x".repeat(129), false],
    ["two words", false],
    ["", false],
  ];
  test.each(rows)("%s", (requestId, taken) => {
    const origin = originOf(headers("anna@laptop", requestId));
    if (taken) expect(origin).toEqual({ ok: true, value: { kind: "user", name: "anna@laptop", requestId } });
    else expect(origin).toMatchObject({ refusal: { code: "invalid-field", details: { field: "X-Request-Id" } } });
  });
});

test("a worker's request keeps its request id", () => {
  expect(fromNode({ kind: "user", name: "anonymous", requestId: "7" }, "node-1")).toEqual({
    kind: "node",
    name: "node-1",
    requestId: "7",
  });
  expect(fromNode({ kind: "user", name: "anonymous" }, "node-1")).toEqual({ kind: "node", name: "node-1" });
});

test.each([
  ["anna", "laptop", "anna@laptop"],
  ["jürgen müller", "läptop", "j_rgen_m_ller@l_ptop"],
  ["a@b", "", "a_b@_"],
  ["u".repeat(100), "h".repeat(300), `${"u".repeat(64)}@${"h".repeat(253)}`],
])("the command line of %s on %s declares a user that the master takes", (user, host, declared) => {
  expect(declaredUser(user, host)).toBe(declared);
  expect(originOf(headers(declared)).ok).toBe(true);
});
