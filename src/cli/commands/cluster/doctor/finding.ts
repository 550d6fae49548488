// One thing that doctor looked at: how it stands, and what to do about it. And the patience that every look has.

import type { Clock } from "../../../../lib/clock.ts";

export const severities = ["ok", "note", "warning", "problem"] as const;
/** note: worth knowing. warning: will hurt some day. problem: something does not work now. */
export type Severity = (typeof severities)[number];

export interface Finding {
  /** What was looked at: "engine", "disk of the master's folder". */
  check: string;
  severity: Severity;
  message: string;
  /** What to do; null where there is nothing to. */
  fix: string | null;
}

export const fine = (check: string, message: string): Finding => ({ check, severity: "ok", message, fix: null });

export function finding(check: string, severity: Exclude<Severity, "ok">, message: string, fix: string): Finding {
  return { check, severity, message, fix };
}

/** What answers at all does so within this. */
export const patienceMs = 5_000;

/** A look asks a few things, one after the other at most; each has its own patience before this ends them all. */
const longestLookMs = 4 * patienceMs;

/** Rejects when `look` takes longer. */
export function within<T>(clock: Clock, look: Promise<T>, limitMs = patienceMs): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(limitMs, () => reject(new Error(`no answer in ${limitMs / 1000} s`)));
    look.then(resolve, reject).finally(cancel);
  });
}

/** Findings of one look. One that breaks is a finding too: doctor is there for when things are broken. */
export async function looked(clock: Clock, check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await within(clock, look(), longestLookMs);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [finding(check, "warning", `could not be looked at: ${why}`, "Try again; with -v requests are shown")];
  }
}

/** A field of an answer that may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

export function textField(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === "string" ? found : "";
}
