// Tasks of data format 1 in the form of format 2.

import { expect, test } from "bun:test";
import { fromFlatRecord, fromFlatUpdate } from "./flat-format.ts";

const batch = { revision: 7, at: Date.UTC(2025, 0, 19) };

test("a task is ready while it runs", () => {
  const flat = { taskId: "t", name: "web", image: "nginx", createdAt: "2025-01-19T00:00:00.000Z" };
  expect(fromFlatRecord({ ...flat, status: "running" }, batch)).toMatchObject({ observed: { ready: true } });
  expect(fromFlatRecord(flat, batch)).not.toHaveProperty("observed");
  expect(fromFlatUpdate({ status: "running" }, batch)).toMatchObject({ observed: { ready: true } });
  expect(fromFlatUpdate({ status: "failed" }, batch)).toMatchObject({ observed: { ready: false } });
  expect(fromFlatUpdate({ restarts: 1 }, batch)).toEqual({ observed: { containers: [{ restarts: 1 }] } });
});
