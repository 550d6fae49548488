// What the probes of a container say together.

import { describe, expect, test } from "bun:test";
import { limits } from "../../model/limits.ts";
import { unpackContainer } from "../../model/task/spec.ts";
import { cut, engineHistory, type Histories, healthOf, isUnderWay, type ProbePlan, planOf } from "./health.ts";
import { newHistory, type Verdict } from "./probe.ts";

const tcp = { tcp: { port: 80 } };
const all: ProbePlan = { startup: tcp, liveness: tcp, readiness: tcp };
const run = "2025-01-19T12:00:00.000Z";

function histories(verdicts: { [Kind in keyof ProbePlan]?: Verdict | null }): Histories {
  return Object.fromEntries(
    Object.entries(verdicts).map(([kind, verdict]) => [
      kind,
      {
        ...newHistory(0),
        verdict,
        failedAfter: verdict === "failed" ? 3 : 0,
        output: verdict === "failed" ? "oops" : "",
      },
    ]),
  );
}

describe("health", () => {
  const rows: [title: string, plan: ProbePlan, verdicts: Parameters<typeof histories>[0], expected: string][] = [
    ["nothing to pass", { liveness: tcp }, { liveness: null }, "ready"],
    ["liveness counts as passed at first", all, { startup: "passed", liveness: null, readiness: "passed" }, "ready"],
    ["startup comes first", all, { startup: null, readiness: "passed" }, "its startup probe has not passed yet"],
    ["then readiness", all, { startup: "passed", readiness: null }, "its readiness probe has not passed yet"],
    ["not ready", all, { startup: "passed", readiness: "failed" }, "its readiness probe failed 3 times in a row: oops"],
    [
      "unhealthy",
      all,
      { startup: "passed", liveness: "failed", readiness: "passed" },
      "restart: its liveness probe failed 3 times in a row: oops",
    ],
    ["never started", all, { startup: "failed" }, "restart: its startup probe failed 3 times in a row: oops"],
    [
      "the engine's check",
      { readiness: { healthcheck: true } },
      { readiness: "failed" },
      "the engine's health check failed 3 times in a row: oops",
    ],
  ];
  test.each(rows)("%s", (_, plan, verdicts, expected) => {
    const { ready, notReady, unhealthy } = healthOf(run, plan, histories(verdicts), true);
    expect(unhealthy === null ? (notReady ?? "ready") : `restart: ${unhealthy}`).toBe(expected);
    expect(ready).toBe(expected === "ready");
  });

  test("a probe of the engine's check, and an engine that has none", () => {
    const { notReady } = healthOf(run, { readiness: { healthcheck: true } }, histories({ readiness: null }), false);
    expect(notReady).toContain("the engine has no health check for it");
  });
});

test("the startup probe runs until it has passed, the others after that", () => {
  const kinds = ["startup", "liveness", "readiness"] as const;
  const underWay = (plan: ProbePlan, verdicts: Parameters<typeof histories>[0]) =>
    kinds.filter((kind) => isUnderWay(kind, plan, histories(verdicts)));
  expect(underWay(all, { startup: null })).toEqual(["startup"]);
  expect(underWay(all, { startup: "failed" })).toEqual(["startup"]);
  expect(underWay(all, { startup: "passed" })).toEqual(["liveness", "readiness"]);
  expect(underWay({ readiness: tcp }, {})).toEqual(["readiness"]);
});

describe("the plan", () => {
  const spec = (more: object) => unpackContainer({ image: "demo", ...more });
  const healthy = { status: "healthy", failures: 0, output: "" } as const;
  const always = { mode: "always" } as const;

  test("a container without probes and without a check of the engine has none", () => {
    expect(planOf(spec({ health: { command: "true" } }), always, undefined)).toBeNull();
  });

  test("a check that came with the image says whether it is ready, and restarts nothing", () => {
    expect(planOf(spec({}), always, healthy)).toEqual({ readiness: { healthcheck: true } });
  });

  test("a check that the task asks for also restarts it, if its policy does", () => {
    const asked = spec({ health: { command: "true" } });
    const engine = { healthcheck: true } as const;
    expect(planOf(asked, always, healthy)).toEqual({ readiness: engine, liveness: engine });
    expect(planOf(asked, { mode: "never" }, healthy)).toEqual({ readiness: engine });
  });

  test("probes of the task come before the engine's check", () => {
    const given = spec({ readinessProbe: tcp, livenessProbe: tcp, health: { retries: 1 } });
    expect(planOf(given, always, healthy)).toEqual({ readiness: tcp, liveness: tcp });
  });
});

test("the engine's result is a verdict, and its output that of the flip", () => {
  const unhealthy = { status: "unhealthy", failures: 3, output: "down\n" } as const;
  const first = engineHistory(newHistory(0), unhealthy);
  expect(first).toMatchObject({ verdict: "failed", failedAfter: 3, output: "down" });
  expect(engineHistory(first, { ...unhealthy, failures: 4, output: "still down" })).toBe(first);
  expect(engineHistory(first, { status: "healthy", failures: 0, output: "" })).toMatchObject({ verdict: "passed" });
  expect(engineHistory(first, { status: "starting", failures: 0, output: "" })).toMatchObject({ verdict: null });
  expect(engineHistory(first, undefined)).toMatchObject({ verdict: null });
});

test("output is cut between characters, and has no NUL", () => {
  const text = cut(`a\0${"ä".repeat(limits.probeOutputBytes)}`);
  expect(text.startsWith("aää")).toBe(true);
  expect(text.endsWith("ä")).toBe(true);
  expect(Buffer.byteLength(text)).toBe(limits.probeOutputBytes - 1);
});
