// What a backup may not hold.

import { expect, test } from "bun:test";
import { limits } from "../../model/limits.ts";
import { node } from "../schedule/test-cluster.ts";
import { loadRestoreReader } from "./restore.ts";

test("more records of a kind than a cluster may hold are refused", async () => {
  const reader = await loadRestoreReader();
  const registeredAt = "2025-01-19T12:34:56.000Z";
  const line = (number: number) =>
    JSON.stringify({ kind: "node", format: 2, record: node(number.toString(36), { registeredAt }) });
  for (let number = 0; number < limits.nodes; number++) reader.line(line(number));
  expect(() => reader.line(line(limits.nodes))).toThrow(`there are more than ${limits.nodes} nodes`);
});
