// The arithmetic of leases: what a pace must allow for at every size, what counts as silent, and what as a mass loss.

import { describe, expect, test } from "bun:test";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isMassLoss, Leases, paceOf } from "./leases.ts";

const id = (name: string) => name as NodeId;

describe("the pace", () => {
  test.each([
    [1, 1_000, 3_500, 1, 2_501],
    [100, 1_000, 3_500, 100, 2_600],
    [1_000, 1_000, 3_500, 1_000, 3_500],
    [2_500, 2_500, 7_500, 2_500, 5_000],
    [20_000, 20_000, 60_000, 20_000, 22_500],
  ])(
    "of %d nodes: a beat each %d ms, a lease of %d ms, back within %d ms, a grace of %d ms",
    (nodes, intervalMs, leaseMs, reconnectWithinMs, graceMs) => {
      expect(paceOf(nodes, false)).toEqual({ intervalMs, leaseMs, reconnectWithinMs, graceMs });
    },
  );

  test.each([1, 100, 1_000, 1_250, 5_000, 20_000])("of %d nodes gives the documented times", (nodes) => {
    const { intervalMs, leaseMs, reconnectWithinMs, graceMs } = paceOf(nodes, false);
    // A beat, a stall of 2 s in it, and half a second of transit.
    expect(leaseMs).toBeGreaterThanOrEqual(intervalMs + 2_000 + 500);
    // One heartbeat may be lost: the next try, after a second of patience, still comes in time.
    expect(leaseMs).toBeGreaterThanOrEqual(intervalMs + limits.heartbeatMinMs + limits.heartbeatTransitMs);
    // Between two beats no node is silent for half a lease; a node that is cut off is, when the first lease ends.
    expect(leaseMs / 2).toBeGreaterThan(intervalMs);
    expect(leaseMs - intervalMs).toBeGreaterThan(leaseMs / 2);
    // A worker that comes back at the end of its window is still within its grace.
    expect(graceMs).toBeGreaterThanOrEqual(Math.min(reconnectWithinMs + 1_000, leaseMs));
  });

  test("of heartbeats sent by hand is ninety seconds", () => {
    expect(paceOf(1, true)).toMatchObject({ intervalMs: 1_000, leaseMs: 90_000 });
  });
});

test.each([
  [1, 1, 0.5, false],
  [1, 2, 0.5, false],
  [2, 2, 0.5, true],
  [1, 3, 0.5, false],
  [2, 3, 0.5, true],
  [2, 4, 0.5, false],
  [3, 4, 0.5, true],
  [50, 100, 0.5, false],
  [51, 100, 0.5, true],
  [2, 10, 0.1, true],
  [1, 10, 0.01, false],
  [100, 100, 1, false],
  [99, 100, 0.99, false],
  [100, 100, 0.99, true],
])("%d of %d silent at a threshold of %d: is that a mass loss? %p", (silent, online, fraction, is) => {
  expect(isMassLoss(silent, online, fraction)).toBe(is);
});

describe("leases", () => {
  const leases = (...beatAt: number[]) => {
    const made = new Leases();
    beatAt.forEach((at, index) => {
      made.renew(id(`n${index}`), at, 0, 3_500, false);
    });
    return made;
  };
  const names = (list: { nodeId: NodeId }[]) => list.map(({ nodeId }) => String(nodeId));

  test("end to the millisecond; a node is silent after more than half a lease", () => {
    const two = leases(0, 1_000);
    expect(two.review(1_750)).toMatchObject({ expired: [], silent: [], online: 2 });
    expect(names(two.review(1_751).silent)).toEqual(["n0"]);
    expect(two.review(3_499).expired).toEqual([]);
    expect(two.review(3_500).expired).toEqual([{ nodeId: id("n0"), silentMs: 3_500, broken: false, byHand: false }]);
  });

  test("a broken stream shortens it, and never lengthens it; a sign of life repairs it", () => {
    const one = leases(0);
    one.break(id("n0"), 9_000);
    expect(one.review(3_499)).toMatchObject({ expired: [] });
    one.break(id("n0"), 2_000);
    expect(one.review(2_000).expired).toMatchObject([{ nodeId: id("n0"), broken: true }]);
    expect(names(one.review(0).silent)).toEqual(["n0"]);
    one.renew(id("n0"), 1_900, 0, 3_500, false);
    expect(one.isBroken(id("n0"))).toBe(false);
    expect(one.review(5_399)).toMatchObject({ expired: [] });
  });

  test("an ended lease does not count, cannot break, and is not extended", () => {
    const one = leases(0);
    one.end(id("n0"));
    one.break(id("n0"), 10);
    one.extend(Number.POSITIVE_INFINITY, 20);
    expect(one.review(1e9)).toEqual({ expired: [], silent: [], online: 0 });
    expect(one.holds(id("n0"))).toBe(false);
  });

  test.each([
    ["a short hold-up gives that much more", 700, 4_200],
    ["a long sleep gives a whole lease from the waking", Number.POSITIVE_INFINITY, 6_500],
  ])("%s", (_, ms, expiresAt) => {
    const one = leases(0);
    one.extend(ms, 3_000);
    expect(one.review(expiresAt - 1).expired).toEqual([]);
    expect(one.review(expiresAt).expired).toHaveLength(1);
  });

  test("the earliest is known without a look at all of them, and looked for when it has come", () => {
    const two = leases(0, 1_000);
    expect(two.due(100)).toEqual({ expired: false, nextAt: 3_500 });
    two.renew(id("n0"), 900, 0, 3_500, false);
    // Too early, which only costs a look.
    expect(two.due(3_499)).toEqual({ expired: false, nextAt: 3_500 });
    expect(two.due(3_500)).toEqual({ expired: false, nextAt: 4_400 });
    expect(two.due(4_400)).toEqual({ expired: true, nextAt: 4_500 });
    two.break(id("n1"), 4_410);
    expect(two.due(4_405)).toEqual({ expired: true, nextAt: 4_410 });
    two.end(id("n0"));
    two.prolong(id("n1"), 4_600);
    expect(two.due(4_599)).toEqual({ expired: false, nextAt: 4_600 });
    two.forget(id("n1"));
    expect(two.due(4_600)).toEqual({ expired: false, nextAt: null });
  });

  test("of nodes registered by hand do not count for mass loss", () => {
    const made = leases(0);
    made.renew(id("hand"), 0, 0, 90_000, true);
    expect(made.review(80_000)).toMatchObject({ online: 1, silent: [{ nodeId: id("n0") }] });
    expect(names(made.review(90_000).expired)).toEqual(["n0", "hand"]);
  });
});
