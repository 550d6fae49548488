// The quick parser against zod, for bodies that are made at random from good, odd and wrong values: it gives the same
// result, to the order of the fields, or nothing.

import { describe, expect, test } from "bun:test";
import type { z } from "zod";
import { type Random, randomInteger, randomItem, seededRandom } from "../../lib/random.ts";
import { bodies } from "./bodies.ts";
import { notQuick, quickParse } from "./quick-parse.ts";

/** Values that fit some field or other, and some that fit none. */
const values: readonly unknown[] = [
  ...["web", "nginx:1.27", "Web", "", "a b", "512Mi", "500m", "-1", "always", "on-failure:3", "missing", "running"],
  ...["disk==ssd", "node!=n1", "label", "8080:80", "127.0.0.1", "tcp", "/data", "2025-01-19T12:34:56.000Z", "\0", "🙂"],
  ...[0, 1, 80, 0.5, -1, 1e9, 65_536, 1.5, true, false, null],
  ...[[], {}, ["a", "b"], [1], { A: "b" }, { app: "web" }, { "bad key": "x" }, { A: 1 }],
  ...[{ cpu: "500m" }, { cpu: { request: "100m" }, memory: { request: "64Mi", limit: null } }, { memory: {} }],
  ...[{ cpu: 1, gpu: 1 }, { request: "1" }, [{ containerPort: 80 }], [{ containerPort: 80, hostPort: 0 }], ["80"]],
  ...[[{ type: "bind", source: "/a", target: "/b" }], [{ type: "tmpfs", target: "/t", sizeBytes: "1m" }]],
  ...[{ mode: "always" }, { mode: "on-failure", maxRestarts: 3 }, { mode: "sometimes" }],
  ...[
    { code: "exited", message: "it ended" },
    { name: "docker", version: "20", os: "linux", arch: "amd64" },
  ],
  ...[{ finishedAt: null, exitCode: 1, log: ["x"] }],
];

/** Fields that are likely to be good. */
const good: Record<string, unknown> = {
  ...{ name: "web", image: "nginx", status: "running", hostname: "n1", port: 8081 },
  ...{ env: { A: "b" }, labels: { app: "web" }, resources: { cpu: { request: "100m" }, memory: { request: "64Mi" } } },
  ...{
    args: ["-x"],
    command: "sh",
    ports: [{ containerPort: 80 }],
    constraints: ["disk==ssd"],
    restartPolicy: "always",
  },
};

function body(schema: z.ZodObject, random: Random): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  const keys = Object.keys(schema.shape);
  for (const key of keys) if (key in good && randomInteger(random, 8) > 0) made[key] = good[key];
  for (let count = randomInteger(random, 4); count > 0; count--) {
    made[randomInteger(random, 20) === 0 ? "other" : randomItem(random, keys)] = randomItem(random, values);
  }
  return made;
}

const schemas: [name: string, schema: z.ZodObject, atLeast: number][] = [
  ["a task", bodies.TaskInput as unknown as z.ZodObject, 0.2],
  ["a report", bodies.TaskReport, 0.2],
  ["a registration", bodies.NodeRegistration, 0.2],
  ["a heartbeat", bodies.HeartbeatInput, 0.05],
];

describe.each(schemas)("%s", (_, schema, atLeast) => {
  const quick = quickParse(schema);

  test("is parsed as by zod, or not at all", () => {
    const random = seededRandom(5);
    const rounds = 20_000;
    let parsed = 0;
    for (let round = 0; round < rounds; round++) {
      const value = JSON.parse(JSON.stringify(body(schema, random))) as unknown;
      const given = quick(value);
      if (given === notQuick) continue;
      parsed++;
      const expected = schema.safeParse(value);
      expect({ value, given: JSON.stringify(given) }).toEqual({ value, given: JSON.stringify(expected.data) });
      expect(given).toEqual(expected.data);
    }
    expect(parsed / rounds).toBeGreaterThan(atLeast);
  });

  test("is left to zod, or parsed as by zod, if it is no object or has odd keys", () => {
    for (const value of [null, undefined, 1, "x", [], [{}], { "": 1 }, JSON.parse('{"__proto__":1}')]) {
      const given = quick(value);
      if (given !== notQuick) expect(schema.safeParse(value)).toMatchObject({ success: true, data: given });
    }
  });
});

test("the usual create is quick", () => {
  const value = { name: "web", image: "nginx:1.27", env: { A: "b" }, labels: {}, resources: { cpu: "1", memory: {} } };
  expect(quickParse(bodies.TaskInput)({ ...value, resources: { cpu: { request: "1" } } })).not.toBe(notQuick);
});
