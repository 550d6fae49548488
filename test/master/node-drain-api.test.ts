// Drains over the API, on a master in this process.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Node } from "../../src/model/node/node.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(() => {
  podling = new TestMaster();
});
afterAll(() => podling.stop());

const drain = (id: string, body?: unknown) =>
  podling.ask<Node>("POST", `/api/v1/nodes/${id}/drain`, body === undefined ? {} : { body });
const lengthOf = ({ draining }: Node) => Date.parse(draining!.deadlineAt) - Date.parse(draining!.since);

test("200 with the node, its deadline and who asked; without a body 10 minutes; undrain ends it", async () => {
  const { nodeId } = await podling.register("n1");
  const { status, body } = await drain("n1", { deadlineMs: 30_000 });
  expect(status).toBe(200);
  expect(body).toMatchObject({ nodeId, draining: { by: expect.any(String) } });
  expect(lengthOf(body)).toBe(30_000);
  expect((await podling.do<Node>("POST", `/api/v1/nodes/${nodeId}/undrain`)).draining).toBeUndefined();
  expect((await podling.do<Node>("POST", `/api/v1/nodes/${nodeId}/undrain`)).draining).toBeUndefined();
  expect(lengthOf((await drain("n1")).body)).toBe(600_000);
  expect(lengthOf((await drain("n1", { deadlineMs: "1m" })).body)).toBeGreaterThanOrEqual(60_000);
});

test("a registration keeps the drain, and watchers see it begin", async () => {
  const tap = await podling.stream("/api/v1/watch");
  const { nodeId } = await podling.register("kept", { version: "" });
  await drain(nodeId);
  const { data } = await tap.next(
    "the drain",
    (event) => (event.data.node as Node | undefined)?.draining !== undefined,
  );
  expect(data).toMatchObject({ type: "node.updated", by: { kind: "user" } });
  expect((await podling.register("kept", { nodeId, capacity: 7 })).draining).toBeDefined();
  tap.close();
});

test.each([
  [{ deadlineMs: -1 }, 400, "invalid-field"],
  [{ deadlineMs: "soon" }, 400, "invalid-field"],
  [{ deadlineMs: 1e12 }, 400, "invalid-field"],
  [{ deadline: 5 }, 400, "unknown-field"],
])("%p is refused: %d %s", async (body, status, code) => {
  const { nodeId } = await podling.register("refused");
  expectRefusal(await drain(nodeId, body), status, code);
  expect((await podling.node(nodeId)).draining).toBeUndefined();
});

test("an unknown node: 404", async () => {
  expectRefusal(await drain("nowhere"), 404, "node-not-found");
  expectRefusal(await podling.ask("POST", "/api/v1/nodes/nowhere/undrain"), 404, "node-not-found");
});
