// Results of simulated runs as text: the report of one run, a failure among many runs, and the totals.

import type { SeedOutcome } from "../commands/sim/run-seed.ts";
import { failureClasses, type SimulationFailure, type SimulationReport } from "../commands/sim/simulator.ts";
import { recoveryOf, type Totals } from "../commands/sim/totals.ts";
import { oneLine, type Style } from "./style.ts";
import { formatWait } from "./time.ts";

const hourMs = 3_600_000;

/** "24h", "3h 12m", "3m 20s", "0.5 s" */
export function formatSpan(ms: number): string {
  if (ms < hourMs) return formatWait(ms);
  const minutes = Math.floor(ms / 60_000);
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

export function nodeHoursPerSecond(nodeMs: number, wallMs: number): string {
  return `${short(nodeMs / 3600 / Math.max(1, wallMs))} node-hours/s`;
}

export function seedReport(outcome: SeedOutcome, style: Style): string {
  const { report, failure, command, shrinkRuns } = outcome;
  const rows: [string, string][] = [["seed", String(outcome.seed)], ...(report ? reportRows(report) : [])];
  rows.push(["verdict", verdictText(outcome, style)]);
  if (failure) rows.push(["reason", failureText(failure)]);
  if (command) rows.push(["repeat", command + (shrinkRuns > 0 ? `   (reduced in ${runsText(shrinkRuns)})` : "")]);
  return columns(rows);
}

function reportRows(report: SimulationReport): [string, string][] {
  const { plan, virtualMs, events, checks, faults, recoveriesMs, convergedAfterMs, tasks, requests } = report;
  return [
    ["nodes", number(plan.nodes)],
    ["virtual time", `${formatSpan(virtualMs)}, with faults for ${formatSpan(plan.durationMs)}`],
    ["events", `${number(events)}; ${number(report.messages)} messages, ${number(report.batches)} batches`],
    ["clients", `${number(requests)} requests, ${number(report.unanswered)} unanswered; ${number(tasks)} tasks`],
    ["faults", faultsText(faults)],
    ["checks", number(checks)],
    ["recovery", recoveryText(recoveriesMs)],
    [
      "convergence",
      convergedAfterMs === null ? "not reached" : `${formatSpan(convergedAfterMs)} after the faults ended`,
    ],
    ["hash", report.hash],
  ];
}

/** Printed when a run among many fails. */
export function failedSeed({ seed, failure, command, shrinkRuns }: SeedOutcome, style: Style): string {
  if (!failure) return "";
  const smaller = shrinkRuns > 0 ? `, reduced in ${runsText(shrinkRuns)}` : "";
  const head = `seed ${seed}: ${failure.class}, ${failure.checker}`;
  return `${style.paint(head, "red")}\n  ${failureText(failure)}\n  repeat${smaller}: ${command}\n`;
}

export function totalsReport(totals: Totals, style: Style): string {
  const { seeds, repeated, failures, failed, faults, recoveriesMs, longestConvergenceMs } = totals;
  const classes = failureClasses.filter((name) => failures[name] > 0).map((name) => `${failures[name]} ${name}`);
  const verdict = failed === 0 ? style.paint("ok", "green") : style.paint(`${failed} failed`, "red");
  return columns([
    ["seeds", `${number(seeds)}; ${number(repeated)} run twice with the same hash`],
    ["virtual time", `${formatSpan(totals.virtualMs)}; ${short(totals.nodeMs / hourMs)} node-hours`],
    ["events", number(totals.events)],
    ["clients", `${number(totals.tasks)} tasks`],
    ["faults", faultsText(faults)],
    ["checks", number(totals.checks)],
    ["recovery", recoveryText(recoveriesMs)],
    [
      "convergence",
      longestConvergenceMs === null ? "none" : `at most ${formatSpan(longestConvergenceMs)} after the faults ended`,
    ],
    ["verdict", failed === 0 ? verdict : `${verdict}: ${classes.join(", ")}`],
  ]);
}

function verdictText({ verdict, failure, repeated }: SeedOutcome, style: Style): string {
  if (failure) return style.paint(`${verdict}: ${failure.checker}`, "red");
  return style.paint("ok", "green") + (repeated ? ", and a second run was the same" : "");
}

/** The stack of a crash keeps its lines. */
function failureText({ message, atMs }: SimulationFailure): string {
  const lines = message.split("\n").map((line) => oneLine(line).trimEnd());
  return `at ${(atMs / 1000).toFixed(3)} s: ${lines.join("\n    ")}`;
}

function faultsText(faults: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(faults).sort(([left], [right]) => (left < right ? -1 : 1));
  if (kinds.length === 0) return "none";
  const sum = kinds.reduce((all, [, count]) => all + count, 0);
  return `${number(sum)}: ${kinds.map(([kind, count]) => `${kind} ${number(count)}`).join(", ")}`;
}

function recoveryText(recoveriesMs: readonly number[]): string {
  const found = recoveryOf(recoveriesMs);
  if (found === null) return "no task was replaced";
  const times = `p50 ${formatSpan(found.p50)}, p99 ${formatSpan(found.p99)}, max ${formatSpan(found.max)}`;
  return `${times}: from the loss of a node to a running replacement, ${number(recoveriesMs.length)} times`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.map(([title, text]) => `${title.padEnd(width)}  ${text}\n`).join("");
}

function runsText(runs: number): string {
  return runs === 1 ? "1 run" : `${runs} runs`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** Two significant digits below 10. */
function short(value: number): string {
  return value < 10 ? value.toPrecision(2) : number(Math.round(value));
}
