// The sentences about a whole cluster: why a task fits no node, what would make it fit, and why its node was chosen.

import { describe, expect, test } from "bun:test";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { cluster, GiB, idOf, label, MiB, named, node, port, task } from "../test-cluster.ts";
import { smallestChange } from "./smallest-change.ts";
import { summarise, summarisePlacement } from "./summarise.ts";

interface Case {
  nodes: NodeRecord[];
  placed?: (readonly [string, Requirements, number?])[];
  wants?: Requirements;
  /** Why the task fits no node. */
  why: string;
  code?: string;
  /** What would make it fit. */
  change: string;
}

const half = task({ memory: 512 * MiB });
const broken = { code: "connection-broken" as const, message: "its connection broke", since: "" };
const damped = { losses: 3, lostAt: "", steadyUntil: "2025-01-19T12:36:00.000Z", steadyMs: 30_000 };
const wantsSsd = task({ constraints: [label("disk", "equals", "ssd")] });
const web = task({ ports: [port(8080)] });
const arm = { name: "docker", version: "27", os: "linux", arch: "arm64" };

const cases: Case[] = [
  {
    nodes: [],
    code: "no-nodes",
    why: "no node has registered",
    change: "start a worker: podling worker --master URL",
  },
  {
    nodes: [node("n1", { status: "offline" })],
    code: "no-nodes",
    why: "the only node is offline",
    change: "bring n1 back online",
  },
  {
    nodes: [node("n1", { status: "offline" }), node("n2", { status: "offline" })],
    code: "no-nodes",
    why: "all 2 nodes are offline",
    change: "bring n1 back online",
  },
  {
    nodes: [node("n1", { schedulable: false }), node("n2"), node("n3")],
    placed: [
      ["n2", task({ memory: (2048 - 310) * MiB })],
      ["n3", task({ memory: (2048 - 100) * MiB })],
    ],
    wants: half,
    why: "0 of 3 nodes fit: 2 lack memory (needs 512 MiB, the best has 310 MiB free), 1 is cordoned",
    change: "uncordon n1",
  },
  {
    nodes: [node("n2"), node("n3")],
    placed: [
      ["n2", task({ memory: (2048 - 310) * MiB })],
      ["n3", task({ memory: (2048 - 100) * MiB })],
    ],
    wants: half,
    why: "0 of 2 nodes fit: 2 lack memory (needs 512 MiB, the best has 310 MiB free)",
    change: "free 202 MiB of memory on n2, or lower the request by that amount",
  },
  {
    nodes: [node("n1"), node("n2", { cpu: 2 })],
    placed: [["n1", task({ cpu: 3.5 })]],
    wants: task({ cpu: 4 }),
    why: "0 of 2 nodes fit: 2 lack cpu (needs 4, the best has 2 free)",
    // n2 lacks less, but could never hold it.
    change: "free 3.5 cpu on n1, or lower the request by that amount",
  },
  {
    nodes: [node("n1"), node("n2")],
    wants: task({ memory: 4 * GiB }),
    why: "0 of 2 nodes fit: 2 lack memory (needs 4 GiB, the best has 2 GiB free)",
    change: "no node has that much memory (the largest has 2 GiB): lower the request, or add a node",
  },
  {
    nodes: [node("n1")],
    wants: task({ cpu: 8 }),
    why: "0 of 1 node fits: 1 lacks cpu (needs 8, it has 4 free)",
    change: "no node has that many cores (the largest has 4): lower the request, or add a node",
  },
  {
    nodes: [node("n2")],
    placed: [["n2", task(), 10]],
    why: "0 of 1 node fits: 1 is full (n2 has 10 of 10 tasks)",
    change: "stop one task on n2, or raise its capacity above 10",
  },
  {
    nodes: [node("n2", { capacity: 3 })],
    placed: [["n2", task(), 5]],
    why: "0 of 1 node fits: 1 is full (n2 has 5 of 3 tasks)",
    change: "stop 3 tasks on n2, or raise its capacity above 5",
  },
  {
    nodes: [node("n2"), node("n3", { labels: { disk: "hdd" } })],
    placed: [["n2", task(), 10]],
    wants: wantsSsd,
    why: "0 of 2 nodes fit: 2 do not match the constraints (needs disk==ssd, n2 has no such label)",
    change: "change the label disk of n3 from hdd to ssd (podling node label n3 disk=ssd)",
  },
  {
    nodes: [node("n3")],
    wants: task({ constraints: [label("disk", "equals", "ssd"), label("gpu", "exists")] }),
    why: "0 of 1 node fits: 1 does not match the constraints (needs disk==ssd, n3 has no such label)",
    change: "add the label disk=ssd to n3, and add the label gpu to n3 (podling node label n3 disk=ssd gpu=)",
  },
  {
    nodes: [node("n3", { labels: { disk: "hdd" } })],
    wants: task({ constraints: [label("disk", "not-equals", "hdd")] }),
    why: "0 of 1 node fits: 1 does not match the constraints (needs disk!=hdd, n3 has disk=hdd)",
    change: "take the label disk=hdd off n3",
  },
  {
    nodes: [node("n1")],
    wants: task({ constraints: [named("equals", "n7")] }),
    why: "0 of 1 node fits: 1 does not match the constraints (needs node==n7, this is n1)",
    change: "register a node named n7, or drop the constraint node==n7",
  },
  {
    // The constraint names n2: the change is on n2, although n1 is easier to change.
    nodes: [node("n1"), node("n2", { schedulable: false })],
    wants: task({ constraints: [named("equals", "n2")] }),
    why: "0 of 2 nodes fit: 1 does not match the constraints (needs node==n2, this is n1), 1 is cordoned",
    change: "uncordon n2",
  },
  {
    nodes: [node("n1")],
    wants: task({ constraints: [named("not-equals", "n1")] }),
    why: "0 of 1 node fits: 1 does not match the constraints (needs node!=n1, this is n1)",
    change: "add a node, or drop the constraint node!=n1",
  },
  {
    nodes: [node("n1", { suspect: broken })],
    wants: task(),
    why: "0 of 1 node fits: 1 not reachable (n1 is suspect: its connection broke)",
    change: "wait until n1 sends heartbeats again, or is declared lost",
  },
  {
    // Damping keeps no task waiting: what does is named.
    nodes: [node("n1", { flapping: damped, suspect: broken }), node("n2", { flapping: damped, schedulable: false })],
    wants: task(),
    why: "0 of 2 nodes fit: 1 is cordoned, 1 not reachable (n1 is suspect: its connection broke)",
    change: "wait until n1 sends heartbeats again, or is declared lost",
  },
  {
    nodes: [node("n1")],
    placed: [["n1", web]],
    wants: web,
    why: "0 of 1 node fits: 1 with the port taken (port 127.0.0.1:8080/tcp is taken on n1)",
    change: "free port 8080/tcp on n1, or let the engine choose a port",
  },
  {
    nodes: [node("n1")],
    placed: [["n1", web]],
    wants: task({ ports: [port(80), port(8080)] }),
    why: "0 of 1 node fits: 1 with the port taken (port 127.0.0.1:8080/tcp is taken on n1)",
    change: "free the port on n1 (port 127.0.0.1:8080/tcp is taken on n1), or let the engine choose a port",
  },
  {
    nodes: [node("n1", { engine: arm }), node("n2", { engine: arm })],
    wants: task({ platform: "linux/amd64" }),
    why: "0 of 2 nodes fit: 2 are of another platform (needs linux/amd64)",
    change: "add a node that runs linux/amd64",
  },
  {
    nodes: [node("n1", { engineError: "connection refused" })],
    why: "0 of 1 node fits: 1 without a working engine (the engine of n1 does not answer: connection refused)",
    change: "fix the container engine on n1: connection refused",
  },
  {
    // Two small changes on one node.
    nodes: [node("n1", { schedulable: false }), node("n2", { status: "offline" })],
    placed: [["n1", task(), 10]],
    why: "0 of 2 nodes fit: 1 is offline, 1 is cordoned",
    change: "uncordon n1, and stop one task on n1, or raise its capacity above 10",
  },
  {
    // The node with enough memory has too little cpu, and the other way round.
    nodes: [node("n1", { cpu: 8 }), node("n2", { memory: 8 * GiB })],
    wants: task({ cpu: 8, memory: 8 * GiB }),
    why: "0 of 2 nodes fit: 1 lacks cpu (needs 8, it has 4 free), 1 lacks memory (needs 8 GiB, it has 2 GiB free)",
    change: "no node has both 8 cpu and 8 GiB of memory: lower the request, or add a node",
  },
];

test.each(cases)("$why", ({ nodes, placed, wants = task(), code = "no-node-fits", why, change }) => {
  const index = cluster(nodes, placed);
  const verdicts = index.explain(wants, "spread", null);
  expect(summarise(verdicts, wants)).toEqual({ code: code as "no-nodes", message: why });
  expect(index.whyNone(wants)).toEqual({ code: code as "no-nodes", message: why });
  const recordOf = new Map(nodes.map((record) => [record.nodeId, record]));
  expect(smallestChange(verdicts, wants, (nodeId) => recordOf.get(nodeId))).toBe(change);
  // Without the records the sentence is less exact, but there is one.
  expect(smallestChange(verdicts, wants)).toBeString();
});

describe("a task that fits", () => {
  const index = cluster([node("n1"), node("n2"), node("n3", { schedulable: false })], [["n1", task()]]);

  test("needs no change", () => {
    const verdicts = index.explain(task(), "spread", null);
    expect(smallestChange(verdicts, task())).toBe(null);
    expect(summarise(verdicts, task()).message).toBe("2 of 3 nodes fit: 1 is cordoned");
  });

  test.each([
    ["spread", "n2 by spread: 0 of 10 tasks, the least loaded of the 2 that fit among 3 nodes"],
    [
      "binpack",
      "n1 by binpack: 3% taken: 1 of 10 tasks, 0 of 4 cpu, 0 B of 2 GiB, the fullest of the 2 that fit among 3 nodes",
    ],
    ["round-robin", "n1 by round-robin: next in turn, first of the 2 that fit among 3 nodes"],
  ] as const)("%s says why there", (strategy, says) => {
    expect(summarisePlacement(index.explain(task(), strategy, null), strategy)).toBe(says);
  });

  test("on the only node that fits", () => {
    const one = cluster([node("n1"), node("n2", { schedulable: false })]);
    expect(summarisePlacement(one.explain(task(), "spread", null), "spread")).toBe(
      "n1 by spread: 0 of 10 tasks, the only one of 2 nodes that fits",
    );
  });

  test("on the only node", () => {
    expect(summarisePlacement(cluster([node("n1")]).explain(task(), "spread", null), "spread")).toBe(
      "n1 by spread: 0 of 10 tasks, the only node",
    );
  });

  test("placed where it would not be placed now", () => {
    const verdicts = index.explain(task(), "spread", null);
    const moved = (nodeId: string) => verdicts.map((verdict) => ({ ...verdict, chosen: verdict.nodeId === nodeId }));
    expect(summarisePlacement(moved(idOf("n1")), "spread")).toBe(
      "n1 by spread: 1 of 10 tasks, one of 2 that fit among 3 nodes",
    );
    expect(summarisePlacement(moved(idOf("n3")), "spread")).toBe("n3 by spread: it would not fit there now");
    expect(summarisePlacement(moved(idOf("n9")), "spread")).toBe("its node is no longer registered");
  });

  test.each([
    ["spread", "n2 by spread: 1 of 10 tasks, but lost 6 times lately"],
    ["binpack", "n2 by binpack: 3% taken: 1 of 10 tasks, 0 of 4 cpu, 0 B of 2 GiB, but lost 6 times lately"],
    ["round-robin", "n2 by round-robin: next in turn, but lost 6 times lately"],
  ] as const)("on a damped node because no steady node fits, by %s", (strategy, says) => {
    const flapping = { ...damped, losses: 6 };
    const nodes = [node("n1", { schedulable: false }), node("n2", { flapping })];
    const verdicts = cluster(nodes, [["n2", task()]]).explain(task(), strategy, null);
    const turn = strategy === "round-robin" ? says.replace("next in turn, but ", "") : says;
    expect(summarisePlacement(verdicts, strategy)).toBe(
      `${turn}, the only one of 2 nodes that fits; no steady node fits`,
    );
  });
});
