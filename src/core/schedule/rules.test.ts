// Rules of templates on a small cluster: which node is chosen, why none fits, and what the explanation says.

import { describe, expect, test } from "bun:test";
import { strategies } from "../../model/cluster/cluster.ts";
import type { NodeId } from "../../model/ids.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import { smallestChange } from "./explain/smallest-change.ts";
import { summarisePlacement } from "./explain/summarise.ts";
import type { ScheduleIndex } from "./index/schedule-index.ts";
import { cluster, idOf, node, task } from "./test-cluster.ts";

const of = (group: string, rules: Requirements["rules"] = null): Requirements => ({ ...task(), group, rules });
const web = (rules: Requirements["rules"]) => of("web", rules);
const db = of("db");

const zones = [
  node("a1", { labels: { zone: "a", disk: "ssd" } }),
  node("a2", { labels: { zone: "a" } }),
  node("b1", { labels: { zone: "b" } }),
  node("x1"),
];

/** Places as many as are asked for, and gives the nodes in order. */
function places(index: ScheduleIndex, wants: Requirements, times: number): string[] {
  return Array.from({ length: times }, () => {
    const chosen = index.choose(wants, "spread", null);
    if (chosen === null) return "-";
    index.place(chosen, wants);
    return hostname(chosen);
  });
}
const hostname = (nodeId: NodeId) => nodeId.replace(/^node-0*/, "");

describe("spread", () => {
  test("gives each value of the label equally many, and nodes without it are one value", () => {
    expect(places(cluster(zones), web({ spread: ["zone"] }), 6)).toEqual(["a1", "b1", "x1", "a2", "b1", "x1"]);
  });

  test("over two labels, the second one counts within the first", () => {
    const racks = [
      node("a1", { labels: { zone: "a", rack: "1" } }),
      node("a2", { labels: { zone: "a", rack: "1" } }),
      node("a3", { labels: { zone: "a", rack: "2" } }),
      node("b1", { labels: { zone: "b", rack: "1" } }),
    ];
    expect(places(cluster(racks), web({ spread: ["zone", "rack"] }), 4)).toEqual(["a1", "b1", "a3", "b1"]);
  });

  test("counts the tasks of its own group only, and goes where capacity is free", () => {
    const index = cluster(zones, [["b1", db, 3]]);
    expect(places(index, web({ spread: ["zone"] }), 2)).toEqual(["a1", "x1"]);
    const full = cluster([node("a1", { labels: { zone: "a" } }), node("b1", { labels: { zone: "b" }, capacity: 1 })]);
    expect(places(full, web({ spread: ["zone"] }), 3)).toEqual(["a1", "b1", "a1"]);
  });

  test("is said in the explanation", () => {
    const index = cluster(zones, [["a1", web({ spread: ["zone"] })]]);
    const verdicts = index.explain(web({ spread: ["zone"] }), "spread", null);
    expect(verdicts.map(({ preference }) => preference)).toEqual([0, 0, 1, 1]);
    expect(summarisePlacement(verdicts, "spread")).toBe(
      "b1 by spread: 0 in zone=b; 0 of 10 tasks, first by its placement preferences of the 4 that fit among 4 nodes",
    );
  });
});

describe("prefer", () => {
  test("takes a node with the label while one fits, then another", () => {
    const index = cluster([node("n1", { labels: { disk: "ssd" }, capacity: 1 }), node("n0")]);
    const wants = web({ prefer: [{ key: "disk", value: "ssd", weight: 1 }] });
    expect(places(index, wants, 2)).toEqual(["n1", "n0"]);
  });

  test("the largest sum of weights wins; a negative weight avoids", () => {
    const nodes = [
      node("n1", { labels: { disk: "ssd" } }),
      node("n2", { labels: { gpu: "yes", fast: "yes" } }),
      node("n3", { labels: { disk: "ssd", old: "yes" } }),
    ];
    const prefer = [
      { key: "disk", value: "ssd", weight: 3 },
      { key: "gpu", value: "yes", weight: 1 },
      { key: "fast", value: "yes", weight: 1 },
      { key: "old", value: "yes", weight: -2 },
    ];
    for (const strategy of strategies)
      expect(hostname(cluster(nodes).choose(web({ prefer }), strategy, idOf("n1"))!)).toBe("n1");
    expect(cluster(nodes.slice(1)).choose(web({ prefer }), "spread", null)).toBe(idOf("n2"));
  });
});

describe("maxPerNode", () => {
  const one = web({ maxPerNode: 1 });

  test("no node gets more, whatever its capacity", () => {
    const index = cluster([node("n1"), node("n2")]);
    expect(places(index, one, 3)).toEqual(["n1", "n2", "-"]);
    expect(index.whyNone(one).message).toBe("0 of 2 nodes fit: 2 nodes already have 1 of web, which is the maximum");
    expect(smallestChange(index.explain(one, "spread", null), one)).toBe("raise --max-per-node above 1, or add a node");
    index.release(idOf("n2"), one);
    expect(places(index, one, 1)).toEqual(["n2"]);
  });

  test("of a template of their own, tasks with the same template are counted", () => {
    const own: Requirements = { ...one, group: '{"image":"app"}' };
    const index = cluster([node("n1")], [["n1", own]]);
    expect(index.whyNone(own).message).toBe(
      "0 of 1 node fits: 1 node already has 1 of this template, which is the maximum",
    );
  });
});

describe("near and apart", () => {
  test("near: only where a replica of the service is", () => {
    const index = cluster([node("n1"), node("n2")]);
    const wants = web({ near: ["db"] });
    expect(index.choose(wants, "spread", null)).toBeNull();
    expect(index.whyNone(wants).message).toBe(
      "0 of 2 nodes fit: 2 without what it must be near (n1 runs nothing of db)",
    );
    index.place(idOf("n2"), db);
    expect(places(index, wants, 2)).toEqual(["n2", "n2"]);
  });

  test("apart: never beside a replica of the service, nor the other way round", () => {
    const index = cluster([node("n1"), node("n2")], [["n1", db]]);
    const wants = web({ apart: ["db"] });
    expect(places(index, wants, 2)).toEqual(["n2", "n2"]);
    expect(places(index, db, 2)).toEqual(["n1", "n1"]);
    const only = cluster([node("n1")], [["n1", wants]]);
    expect(only.whyNone(db).message).toBe(
      "0 of 1 node fits: 1 with what it must be apart from (n1 runs a task that is to be apart from db)",
    );
    only.release(idOf("n1"), wants);
    expect(places(only, db, 1)).toEqual(["n1"]);
  });
});
