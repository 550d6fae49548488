// The result of one check of doctor, and the time limits of checks.

import type { Clock } from "../../../../lib/clock.ts";

const severities = ["ok", "note", "warning", "problem"] as const;
/** note: for information. warning: may cause a problem later. problem: something does not work now. */
export type Severity = (typeof severities)[number];

export interface Finding {
  /** The subject: "engine", "disk". */
  check: string;
  severity: Severity;
  message: string;
  /** What to do. Null if nothing is to be done. */
  fix: string | null;
}

export const fine = (check: string, message: string): Finding => ({ check, severity: "ok", message, fix: null });

export function finding(check: string, severity: Exclude<Severity, "ok">, message: string, fix: string): Finding {
  return { check, severity, message, fix };
}

/** Time limit of one request. */
export const patienceMs = 5_000;

/** Time limit of a whole check, which makes a few requests in a row. */
const checkLimitMs = 4 * patienceMs;

/** Rejects when `work` takes longer. */
export function within<T>(clock: Clock, work: Promise<T>, limitMs = patienceMs): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(limitMs, () => reject(new Error(`no answer in ${limitMs / 1000} s`)));
    work.then(resolve, reject).finally(cancel);
  });
}

/** The findings of one check. A check that throws becomes a finding. */
export async function runCheck(clock: Clock, check: string, run: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await within(clock, run(), checkLimitMs);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [finding(check, "warning", `the check failed: ${why}`, "Try again with -v, which shows requests")];
  }
}

/** A field of an unchecked value. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

export function textField(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === "string" ? found : "";
}
