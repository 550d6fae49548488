// When the log says that two workers may run with one node id.

import { beforeEach, expect, test } from "bun:test";
import { silentLog } from "../../lib/log.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { StreamReplacements } from "./stream-replacements.ts";

const n1 = { nodeId: "id-1", hostname: "n1" } as unknown as NodeRecord;
const n2 = { nodeId: "id-2", hostname: "n2" } as unknown as NodeRecord;
const [here, there] = ["10.0.0.1", "10.0.0.2"];
let now: number;
let warnings: object[];
let replacements: StreamReplacements;

beforeEach(() => {
  now = 1_000_000;
  warnings = [];
  const log = { ...silentLog, warn: (_: string, fields: object = {}) => void warnings.push(fields) };
  replacements = new StreamReplacements({ elapsed: () => now } as never, log);
});

test("a stream from another address is reported with both addresses", () => {
  replacements.note(n1, here, there);
  expect(warnings).toEqual([{ node: "n1", nodeId: "id-1", address: there, earlierAddress: here }]);
});

test("one replacement from the same address is a broken connection, a second one soon after is not", () => {
  replacements.note(n1, here, here);
  now += 3_600_000;
  replacements.note(n1, here, here);
  expect(warnings).toHaveLength(0);
  now += 2000;
  replacements.note(n1, here, here);
  expect(warnings).toHaveLength(1);
});

test("replacements that go on are reported once a minute, for each node", () => {
  for (let i = 0; i < 150; i++, now += 1000) replacements.note(n1, i % 2 ? here : there, i % 2 ? there : here);
  expect(warnings).toHaveLength(3);
  replacements.note(n2, here, there);
  expect(warnings).toHaveLength(4);
});
