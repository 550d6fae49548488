// Shrinking: over a function that says at once how a plan would fail, so that each step can be checked; and over real runs,
// where the command that is printed must fail as the first one did.

import { describe, expect, test } from "bun:test";
import { faultGroups } from "../../src/sim/faults/fault-kinds.ts";
import { drawPlan, type Fault, type Plan, type PlanOptions } from "../../src/sim/faults/plan.ts";
import type { Failure } from "../../src/sim/run/failure.ts";
import type { Report } from "../../src/sim/run/report.ts";
import { shrink } from "../../src/sim/run/shrink.ts";

const input: PlanOptions = { seed: 5, nodes: 40, hours: 1, groups: faultGroups };
const safety = { class: "safety", checker: "one-placement", message: "twice" } as const;

function reportOf(plan: Plan, failure: Failure | null): Report {
  return {
    ...{ plan, failure, hash: "", virtualMs: 0, events: 0, checks: 0, faults: {}, messages: 0, batches: 0, tasks: 0 },
    ...{ requests: 0, unanswered: 0, watcherEvents: 0, nodes: plan.nodes, recoveriesMs: [], convergedAfterMs: null },
  };
}

/** Shrinks by a rule in place of runs. */
async function shrunkBy(fails: (plan: Plan) => Failure | null, more: { maxRuns?: number; runsInTime?: number } = {}) {
  const plans: Plan[] = [];
  const first = drawPlan(input);
  const result = await shrink({
    input,
    report: reportOf(first, fails(first)),
    run: async (plan) => {
      plans.push(plan);
      return reportOf(plan, fails(plan));
    },
    maxRuns: more.maxRuns ?? 1000,
    hasTime: () => plans.length < (more.runsInTime ?? 1000),
  });
  // Whatever is printed draws the plan that failed.
  expect(drawPlan(result.input)).toEqual(result.report.plan);
  expect(result.report.failure).not.toBeNull();
  return { ...result, plans };
}

const drawn = drawPlan(input).faults;
const needed: readonly Fault[] = [drawn[7]!, drawn[20]!, drawn[31]!];
const has = (plan: Plan, { index }: Fault) => plan.faults.some((fault) => fault.index === index);

describe("a plan becomes smaller", () => {
  test("to the faults, nodes and time that the failure needs", async () => {
    const atMs = needed[2]!.atMs + 4321;
    const fails = (plan: Plan) =>
      plan.nodes >= 3 && plan.durationMs > atMs && needed.every((fault) => has(plan, fault))
        ? { ...safety, atMs }
        : null;
    const { input: small, report, runs } = await shrunkBy(fails);
    expect(small).toMatchObject({ seed: 5, nodes: 3, keep: needed.map(({ index }) => index) });
    expect(report.plan.durationMs).toBeGreaterThan(atMs);
    expect(report.plan.durationMs).toBeLessThanOrEqual(atMs + 361);
    expect(runs).toBeLessThan(150);
  });

  test("to no fault and one node, if every run fails", async () => {
    const { input: small, runs } = await shrunkBy(() => ({ ...safety, atMs: 100 }));
    expect(small).toMatchObject({ nodes: 1, keep: [] });
    expect(small.hours).toBeLessThan(0.001);
    expect(runs).toBeLessThan(10);
  });

  test("to just after its last fault, if the failure shows after the repair", async () => {
    const fails = (plan: Plan): Failure | null =>
      has(plan, needed[1]!) ? { class: "liveness", checker: "convergence", message: "", atMs: 9e6 } : null;
    const { input: small, report } = await shrunkBy(fails);
    expect(small.keep).toEqual([needed[1]!.index]);
    expect(report.plan.durationMs).toBeLessThan(needed[1]!.atMs + 2000);
  });
});

test("a failure of another class or checker does not count", async () => {
  const fails = (plan: Plan): Failure =>
    plan.faults.length >= 10
      ? { ...safety, atMs: plan.durationMs + 1 }
      : { ...safety, checker: "runs-once", atMs: plan.durationMs + 1 };
  const { input: small, report } = await shrunkBy(fails);
  expect(small.keep).toHaveLength(10);
  expect(report.failure!.checker).toBe("one-placement");
});

test("a plan that is needed as a whole stays as it is", async () => {
  const whole = drawPlan(input);
  const fails = (plan: Plan) => (Bun.deepEquals(plan, whole) ? { ...safety, atMs: whole.durationMs + 1 } : null);
  const { report } = await shrunkBy(fails);
  expect(report.plan).toEqual(whole);
});

test.each([
  ["runs", { maxRuns: 7 }],
  ["time", { runsInTime: 7 }],
])("it ends with its %s, and keeps what it has by then", async (_, bounds) => {
  const fails = (plan: Plan) => (has(plan, needed[1]!) ? { ...safety, atMs: plan.durationMs + 1 } : null);
  const { runs, plans, input: small } = await shrunkBy(fails, bounds);
  expect(runs).toBe(7);
  expect(plans).toHaveLength(7);
  expect(small.keep!.length).toBeLessThan(drawn.length / 2);
  expect(small.keep!.length).toBeGreaterThan(1);
});

test("a run of days is cut to just above the length at which plans are drawn differently, if not below", async () => {
  const days: PlanOptions = { ...input, hours: 48 };
  const first = drawPlan(days);
  const fault = first.faults.find(({ atMs }) => atMs > 600_000)!;
  const fails = (plan: Plan): Failure | null =>
    plan.faults.some(({ index, atMs }) => index === fault.index && atMs === fault.atMs)
      ? { ...safety, atMs: fault.atMs }
      : null;
  const run = async (plan: Plan) => reportOf(plan, fails(plan));
  const options = { input: days, report: await run(first), run, maxRuns: 500, hasTime: () => true };
  const { input: small } = await shrink(options);
  expect(small).toMatchObject({ nodes: 1, hours: 1.0001, keep: [fault.index] });
});
