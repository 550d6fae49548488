// One probe: what its results say, and when the next check is due.

import { describe, expect, test } from "bun:test";
import type { Probe } from "../../model/task/probes.ts";
import { afterCheck, type History, newHistory, nextCheckAt, type Verdict } from "./probe.ts";

const tcp: Probe = { tcp: { port: 80 } };

/** "+" is a good result, "-" a bad one; the verdict after each. */
function verdicts(probe: Probe, results: string, before: Verdict | null = null): string {
  let history: History = newHistory(0, before);
  let text = "";
  for (const result of results) {
    history = afterCheck(probe, history, { passed: result === "+", output: "no" }, 0);
    text += history.verdict === null ? "?" : history.verdict === "passed" ? "+" : "-";
  }
  return text;
}

describe("verdicts", () => {
  test.each([
    ["one good result passes", tcp, "+", "+", null],
    ["three failures in a row fail", tcp, "---+", "??-+", null],
    ["failures that a good result interrupts do not add up", tcp, "--+--+--", "??++++++", null],
    ["a verdict holds until the other one is reached", tcp, "+--+---+", "++++++-+", null],
    ["the thresholds count", { ...tcp, failureThreshold: 1, successThreshold: 3 }, "-++-+++-", "------+-", null],
    ["before the first verdict nothing is known", { ...tcp, successThreshold: 2 }, "+-+-++", "?????+", null],
    ["what is known from before holds", tcp, "--+---", "+++++-", "passed"],
  ] as [string, Probe, string, string, Verdict | null][])("%s", (_, probe, results, expected, before) => {
    expect(verdicts(probe, results, before)).toBe(expected);
  });

  test("the output is that of the check that brought the verdict", () => {
    let history = newHistory(0);
    for (const output of ["a", "b", "c", "d"]) history = afterCheck(tcp, history, { passed: false, output }, 1);
    expect(history).toMatchObject({ verdict: "failed", failures: 4, failedAfter: 3, output: "c" });
    expect(afterCheck(tcp, history, { passed: true, output: "" }, 2)).toMatchObject({ failures: 0, output: "" });
  });
});

describe("the next check", () => {
  const every5s = { ...tcp, periodMs: 5000 };
  const history = (startedAt: number, checkedAt: number | null) => ({ ...newHistory(startedAt), checkedAt });
  const start = 1_000_000;
  test.each([
    ["the first one comes at once", every5s, null, 0, 0, 0],
    ["and up to a tenth of the period later", every5s, null, 0, 1, 500],
    ["it waits for the delay", { ...every5s, initialDelayMs: 3000 }, null, 1000, 0, 2000],
    ["a delay that is over is none", { ...every5s, initialDelayMs: 3000 }, null, 60_000, 0, 0],
    ["the next one comes a period after the beginning of the last", every5s, 0, 200, 0.5, 4800],
    ["up to a tenth earlier", every5s, 0, 0, 0, 4500],
    ["or later", every5s, 0, 0, 1, 5500],
    ["a check that took longer than the period is followed at once", every5s, 0, 9000, 0.5, 0],
    ["a clock that was set back delays nothing", every5s, 3_600_000, 0, 0.5, 5500],
    ["by default it is Kubernetes' ten seconds", tcp, 0, 0, 0.5, 10_000],
  ])("%s", (_, probe, checkedAt, now, jitter, inMs) => {
    const at = nextCheckAt(probe, history(start, checkedAt === null ? null : start + checkedAt), start + now, jitter);
    expect(at - start - now).toBe(inMs);
  });

  test("checks that are due within a few milliseconds wake the worker together", () => {
    const due = [1, 7, 25].map((checkedAt) => nextCheckAt(every5s, history(start, start + checkedAt), start + 30, 0.5));
    expect(due).toEqual([start + 5025, start + 5025, start + 5025]);
  });
});
