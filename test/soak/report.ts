// The figures of a soak as tables for a terminal, and its verdict in sentences. Pure: no measurement is made here.

import type { Fault } from "../system/fault-log.ts";
import { median, type Sample, type Trend, trendOf } from "./trend.ts";
import type { Series } from "./usage.ts";

/** Heaps are given and taken in steps of some MiB: less than that is no growth. */
export const memoryFloorMiB = 8;
/** Requests under way when a sample is taken; more than these few more, for good, is a leak. */
export const filesFloor = 4;

export type Row = { process: string; what: string; trend: Trend | null; judged: boolean; lives: number; last: Sample };

/** One row for each process and measure; where a series is too short to be judged, none. */
export function rowsOf(series: readonly Series[]): Row[] {
  return series.flatMap(({ watched, memory, files, pids }) =>
    (
      [
        ["memory, MiB", memory, memoryFloorMiB],
        ["open files", files, filesFloor],
      ] as const
    ).flatMap(([what, samples, floor]): Row[] => {
      if (samples.length === 0) return [];
      const { name, judged } = watched;
      // What is judged must not come too short; the others are for information.
      const trend = judged || samples.length > 20 ? trendOf(samples, floor) : null;
      return [{ process: name, what, trend, judged, lives: pids.size, last: samples.at(-1)! }];
    }),
  );
}

/** What is wrong, a sentence each. */
export function growth(rows: readonly Row[]): string[] {
  return rows.flatMap(({ process, what, trend, judged, lives }) => {
    if (!judged || trend === null) return [];
    if (lives > 1) return [`${process} was to live through the judged time, and had ${lives} lives`];
    if (!trend.grows) return [];
    const { rise, tolerance, slopePerHour } = trend;
    return [
      `${process}: ${what} keeps growing: the last third is ${round(rise)} above the one before, ` +
        `${round(tolerance)} is tolerated; ${round(slopePerHour)} an hour`,
    ];
  });
}

export function usageTable(rows: readonly Row[]): string {
  const head = ["process", "what", "start", "middle", "end", "an hour", "noise", "tolerated", "seen from", "verdict"];
  const body = rows.map(({ process, what, trend, judged, lives, last }) => {
    if (trend === null) return [process, what, "", "", round(last.value), "", "", "", "", "too short"];
    const { start, middle, end, slopePerHour, noise, tolerance, detectablePerHour, grows } = trend;
    const verdict = judged ? (grows ? "GROWS" : "flat") : `not judged: ${lives} ${lives === 1 ? "life" : "lives"}`;
    const numbers = [start, middle, end, slopePerHour, noise, tolerance].map(round);
    return [process, what, ...numbers, `${round(detectablePerHour)}/h`, verdict];
  });
  return table([head, ...body]);
}

/** How long each kind of fault lasted, from the kill to a cluster that is whole again. */
export function faultTable(faults: readonly Fault[]): string {
  const head = ["fault", "times", "median, s", "longest, s"];
  const body = [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, its]) => {
    const seconds = its.map(({ fromMs, wholeMs }) => (wholeMs - fromMs) / 1000);
    return [kind, String(its.length), round(median(seconds)), round(Math.max(...seconds))];
  });
  return table([head, ...body]);
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
}

/** The first column to the left, numbers to the right. */
function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isText = rows[0]!.map((_, column) => rows.slice(1).some((row) => /^[a-z]/i.test(row[column]!)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isText[column] ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
