// Strategies and their ties, one row for each case; and the use of a node when it joins, changes and leaves.

import { describe, expect, test } from "bun:test";
import { type Strategy, strategies } from "../../../model/cluster/cluster.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { classOf } from "../scheduling-class.ts";
import { cluster, GiB, idOf, label, node, port, task } from "../test-cluster.ts";
import { ScheduleIndex } from "./schedule-index.ts";

interface Case {
  it: string;
  strategy: Strategy;
  nodes: NodeRecord[];
  placed?: (readonly [string, Requirements, number?])[];
  wants?: Requirements;
  last?: string;
  /** A hostname. Null if no node fits. */
  chooses: string | null;
  says?: string;
}

const damped = { losses: 3, lostAt: "", steadyUntil: "2025-01-19T12:36:00.000Z", steadyMs: 30_000 };
const three = [node("n1"), node("n2"), node("n3")];

const cases: Case[] = [
  { it: "begins with the first", strategy: "round-robin", nodes: three, chooses: "n1", says: "next in turn" },
  { it: "goes on after the last", strategy: "round-robin", nodes: three, last: "n1", chooses: "n2" },
  { it: "wraps around", strategy: "round-robin", nodes: three, last: "n3", chooses: "n1" },
  { it: "begins with the first if the last is gone", strategy: "round-robin", nodes: three, last: "n9", chooses: "n1" },
  {
    it: "skips nodes that do not fit",
    strategy: "round-robin",
    nodes: [node("n1"), node("n2", { schedulable: false }), node("n3")],
    last: "n1",
    chooses: "n3",
    says: "1 node is before it in turn",
  },
  { it: "comes back to the only one", strategy: "round-robin", nodes: [node("n1")], last: "n1", chooses: "n1" },
  {
    it: "orders by hostname, then id",
    strategy: "round-robin",
    nodes: [node("b"), node("a", { nodeId: idOf("2") }), node("a", { nodeId: idOf("1") })],
    chooses: "1",
  },
  {
    it: "takes the lowest share of slots, not the fewest tasks",
    strategy: "spread",
    nodes: [node("n1", { capacity: 4 }), node("n2", { capacity: 20 })],
    placed: [
      ["n1", task(), 2],
      ["n2", task(), 3],
    ],
    chooses: "n2",
    says: "3 of 20 tasks",
  },
  {
    it: "of equal shares, the one with fewer tasks",
    strategy: "spread",
    nodes: [node("n1", { capacity: 20 }), node("n2", { capacity: 10 })],
    placed: [
      ["n1", task(), 2],
      ["n2", task(), 1],
    ],
    chooses: "n2",
  },
  {
    it: "a share that differs by one in ten thousand outweighs the number of tasks",
    strategy: "spread",
    nodes: [node("n1", { capacity: 9_999 }), node("n2", { capacity: 10_000 })],
    placed: [
      ["n1", task(), 4_999],
      ["n2", task(), 4_999],
    ],
    chooses: "n2",
  },
  {
    it: "then the one with less of its cpu and memory taken",
    strategy: "spread",
    nodes: three,
    placed: [
      ["n1", task({ memory: 1 * GiB })],
      ["n2", task({ memory: 0.5 * GiB })],
      ["n3", task({ cpu: 3 })],
    ],
    chooses: "n2",
  },
  { it: "then the first in order", strategy: "spread", nodes: three.toReversed(), last: "n1", chooses: "n1" },
  {
    it: "takes the fullest that fits",
    strategy: "binpack",
    nodes: three,
    placed: [
      ["n1", task({ cpu: 1 })],
      ["n2", task({ cpu: 2, memory: 1 * GiB })],
      ["n3", task({ cpu: 4 })],
    ],
    wants: task({ cpu: 0.5 }),
    chooses: "n2",
    says: "37% taken: 1 of 10 tasks, 2 of 4 cpu, 1 GiB of 2 GiB",
  },
  {
    it: "leaves out amounts that the node does not report",
    strategy: "binpack",
    nodes: [node("n1"), node("n2", { cpu: 0, memory: 0 })],
    placed: [
      ["n1", task(), 2],
      ["n2", task(), 1],
    ],
    chooses: "n2",
    says: "10% taken: 1 of 10 tasks",
  },
  { it: "of equals, the first in order", strategy: "binpack", nodes: three.toReversed(), chooses: "n1" },
  ...strategies.map(
    (strategy): Case => ({
      it: "takes a steady node before a damped one that has a better score",
      strategy,
      nodes: [node("n1", { flapping: damped }), node("n2"), node("n3", { flapping: damped })],
      placed: [
        ["n1", task(), strategy === "binpack" ? 9 : 0],
        ["n2", task(), strategy === "binpack" ? 1 : 9],
      ],
      chooses: "n2",
    }),
  ),
  ...strategies.map(
    (strategy): Case => ({
      it: "takes the best damped node if no steady one fits",
      strategy,
      nodes: [node("n1", { flapping: damped }), node("n2", { schedulable: false }), node("n3", { flapping: damped })],
      placed: [
        ["n1", task(), strategy === "binpack" ? 1 : 9],
        ["n3", task(), strategy === "binpack" ? 9 : 1],
      ],
      last: "n1",
      chooses: "n3",
    }),
  ),
  { it: "no node", strategy: "spread", nodes: [], chooses: null },
  { it: "none that fits", strategy: "binpack", nodes: three, wants: task({ cpu: 5 }), chooses: null },
];

test.each(cases)("$strategy: $it", ({ strategy, nodes, placed, wants = task(), last, chooses, says }) => {
  const index = cluster(nodes, placed);
  const lastNodeId = last ? idOf(last) : null;
  const expected = chooses ? idOf(chooses) : null;
  expect(index.choose(wants, strategy, lastNodeId)).toBe(expected);
  const chosen = index.explain(wants, strategy, lastNodeId).find((verdict) => verdict.chosen);
  expect(chosen?.nodeId ?? null).toBe(expected);
  if (says) expect(chosen?.scoreMessage).toBe(says);
});

describe("use", () => {
  const web = task({ cpu: 0.1, memory: 64, ports: [port(80)] });

  test("is exact after any number of placements", () => {
    const index = cluster([node("n1", { capacity: 1000 })], [["n1", task({ cpu: 0.1 }), 30]]);
    for (let i = 0; i < 30; i++) index.release(idOf("n1"), task({ cpu: 0.1 }));
    expect(index.usage(idOf("n1"))).toEqual({ runningTasks: 0, cpuMillis: 0, memoryBytes: 0 });
  });

  test("stays when a node goes offline, is renamed, or gets other labels", () => {
    const index = cluster([node("n1")], [["n1", web]]);
    for (const set of [
      { status: "offline" as const },
      { hostname: "z9" },
      { labels: { disk: "ssd" } },
      { capacity: 1 },
    ]) {
      index.upsertNode({ ...node("n1"), ...set });
      expect(index.usage(idOf("n1"))).toEqual({ runningTasks: 1, cpuMillis: 100, memoryBytes: 64 });
    }
    index.upsertNode(node("n1"));
    expect(index.choose(web, "spread", null)).toBe(null);
    index.release(idOf("n1"), web);
    expect(index.choose(web, "spread", null)).toBe(idOf("n1"));
  });

  test("of an unknown node, or released twice, fails an assertion", () => {
    const index = cluster([node("n1")], [["n1", web]]);
    expect(() => index.usage(idOf("n2"))).toThrow("not known to the scheduler");
    index.release(idOf("n1"), web);
    expect(() => index.release(idOf("n1"), web)).toThrow("never taken");
  });

  test("is removed with the node, and is zero when the node joins again", () => {
    const index = cluster([node("n1")], [["n1", web]]);
    index.removeNode(idOf("n1"));
    index.removeNode(idOf("n1"));
    expect(index.choose(task(), "spread", null)).toBe(null);
    index.upsertNode(node("n1"));
    expect(index.usage(idOf("n1")).runningTasks).toBe(0);
  });
});

test("the next choice uses a label that has changed", () => {
  const index = new ScheduleIndex({
    fewCandidates: 0,
    refusalsAllowed: 0,
    blockSize: 4,
    sequencesKept: 4,
    notesKept: 4,
  });
  const wants = task({ constraints: [label("disk", "equals", "ssd")] });
  index.upsertNode(node("n1", { labels: { disk: "hdd" } }));
  expect(index.choose(wants, "spread", null)).toBe(null);
  index.upsertNode(node("n1", { labels: { disk: "ssd" } }));
  expect(index.choose(wants, "spread", null)).toBe(idOf("n1"));
  index.upsertNode(node("n1", { labels: {} }));
  expect(index.choose(wants, "spread", null)).toBe(null);
});

test("nodes that are always inserted between the same two keep their order", () => {
  const index = new ScheduleIndex();
  const hostnames = Array.from({ length: 120 }, (_, i) => `h${String(500 - i)}`);
  index.upsertNode(node("a"));
  for (const hostname of hostnames) {
    index.upsertNode(node(hostname));
    expect(index.choose(task(), "round-robin", idOf("a"))).toBe(idOf(hostname));
  }
});

test("equal requirements give the same key of a scheduling class, others another", () => {
  const one = task({ cpu: 1, ports: [port(80), port(null)], constraints: [label("disk", "exists")] });
  const again = task({ cpu: 1, ports: [port(80), port(null)], constraints: [label("disk", "exists")] });
  expect(classOf(again).key).toBe(classOf(one).key);
  expect(classOf(task({ ports: [port(null)] })).key).toBe(classOf(task()).key);
  expect(classOf(task({ platform: "linux/x86_64" })).key).toBe(classOf(task({ platform: "linux/amd64" })).key);
  const others = [
    task(),
    task({ cpu: 1 }),
    task({ memory: 1 }),
    task({ ports: [port(80)] }),
    task({ ports: [port(80, "0.0.0.0")] }),
    task({ ports: [port(80, "127.0.0.1", "udp")] }),
    task({ constraints: [label("disk", "exists")] }),
    task({ constraints: [label("disk", "equals", "ssd")] }),
    task({ constraints: [label("disk", "not-equals", "ssd")] }),
    task({ platform: "linux/amd64" }),
  ];
  expect(new Set(others.map((each) => classOf(each).key)).size).toBe(others.length);
});
