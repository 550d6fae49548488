// The totals of many runs.

import type { SeedOutcome } from "./run-seed.ts";
import { type FailureClass, failureClasses } from "./simulator.ts";

export class Totals {
  seeds = 0;
  /** Seeds that ran twice with the same result. */
  repeated = 0;
  readonly failures: Record<FailureClass, number> = { safety: 0, crash: 0, liveness: 0 };
  virtualMs = 0;
  nodeMs = 0;
  events = 0;
  checks = 0;
  tasks = 0;
  readonly faults: Record<string, number> = {};
  readonly recoveriesMs: number[] = [];
  longestConvergenceMs: number | null = null;

  add({ verdict, repeated, report }: SeedOutcome): void {
    this.seeds++;
    if (repeated) this.repeated++;
    if (verdict !== "ok") this.failures[verdict]++;
    if (report === null) return;
    this.virtualMs += report.virtualMs;
    this.nodeMs += report.virtualMs * report.plan.nodes;
    this.events += report.events;
    this.checks += report.checks;
    this.tasks += report.tasks;
    for (const [kind, count] of Object.entries(report.faults)) this.faults[kind] = (this.faults[kind] ?? 0) + count;
    for (const ms of report.recoveriesMs) this.recoveriesMs.push(ms);
    if (report.convergedAfterMs !== null) {
      this.longestConvergenceMs = Math.max(this.longestConvergenceMs ?? 0, report.convergedAfterMs);
    }
  }

  get failed(): number {
    return failureClasses.reduce((sum, name) => sum + this.failures[name], 0);
  }

  /** The most serious failure, or "ok". */
  get verdict(): SeedOutcome["verdict"] {
    return failureClasses.find((name) => this.failures[name] > 0) ?? "ok";
  }

  /** The value for -o json. */
  value(): object {
    const { seeds, repeated, failures, verdict, virtualMs, nodeMs, events, checks, tasks, faults } = this;
    const recoveryMs = { count: this.recoveriesMs.length, ...recoveryOf(this.recoveriesMs) };
    const { longestConvergenceMs } = this;
    return {
      ...{ seeds, verdict, failures, repeated, virtualMs, nodeMs, events, checks, tasks, faults },
      ...{ recoveryMs, longestConvergenceMs },
    };
  }
}

/** Percentiles by nearest rank. Null without values. */
export function recoveryOf(values: readonly number[]): { p50: number; p99: number; max: number } | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((left, right) => left - right);
  const rank = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}
