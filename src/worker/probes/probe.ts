// One probe of one run of a container: when its next check is due, and what its results say. Pure: the history of its results
// goes in, with the time; the next check or a verdict comes out.

import { limits } from "../../model/limits.ts";
import type { Probe } from "../../model/task/probes.ts";

/** The result of one check, with what the check or the program said when it is bad. */
export interface CheckResult {
  readonly passed: boolean;
  readonly output: string;
}

export type Verdict = "passed" | "failed";

/** What is remembered of the checks of one run. */
export interface History {
  /** When the run began, in ms since the epoch. */
  readonly startedAt: number;
  /** When the last check began. Null before the first. */
  readonly checkedAt: number | null;
  /** Good and bad results in a row: one of them is 0. */
  readonly passes: number;
  readonly failures: number;
  /** The last one that was reached; it holds until the other one is. Null before the first. */
  readonly verdict: Verdict | null;
  /** How many bad results brought the verdict, and the output of the last of them; 0 and "" if it is not failed. */
  readonly failedAfter: number;
  readonly output: string;
}

export function newHistory(startedAt: number, verdict: Verdict | null = null): History {
  return { startedAt, checkedAt: null, passes: 0, failures: 0, verdict, failedAfter: 0, output: "" };
}

/** The history with one more result. */
export function afterCheck(
  probe: Probe,
  history: History,
  { passed, output }: CheckResult,
  checkedAt: number,
): History {
  const { successThreshold = 1, failureThreshold = limits.probeFailures } = probe;
  const passes = passed ? history.passes + 1 : 0;
  const failures = passed ? 0 : history.failures + 1;
  const counted = { ...history, checkedAt, passes, failures };
  if (passes >= successThreshold) return { ...counted, verdict: "passed", failedAfter: 0, output: "" };
  // Count and output of the flip stay: a later failure is no news.
  if (failures >= failureThreshold && history.verdict !== "failed")
    return { ...counted, verdict: "failed", failedAfter: failures, output };
  return counted;
}

/**
 * When the next check is due, in ms since the epoch. `jitter` is from 0 to 1: a check comes up to a tenth of the period earlier
 * or later, the first one later only. Never later than a period from now, so that a clock that was set delays nothing. The time
 * is rounded up, so that the checks of many containers wake the worker together, which costs less processor time.
 */
export function nextCheckAt(probe: Probe, { startedAt, checkedAt }: History, now: number, jitter: number): number {
  const { initialDelayMs = 0, periodMs = limits.probePeriodMs } = probe;
  const spread = periodMs * limits.probeJitter;
  const [dueAt, longest] =
    checkedAt === null
      ? [startedAt + initialDelayMs + spread * jitter, initialDelayMs + spread]
      : [checkedAt + periodMs + spread * (2 * jitter - 1), periodMs + spread];
  const together = Math.ceil(Math.max(dueAt, now) / limits.probesTogetherMs) * limits.probesTogetherMs;
  return Math.min(together, now + longest);
}
