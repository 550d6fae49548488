// The figures of a soak as tables for a terminal, and sentences about growth. Pure: it measures nothing.

import type { Fault } from "../system/fault-log.ts";
import { median, type Sample, type Trend, trendOf } from "./trend.ts";
import type { Series } from "./usage.ts";

/** A heap grows and shrinks in steps of some MiB; a smaller rise is not growth. */
export const memoryFloorMiB = 8;
/** Requests in flight hold a few files while a sample is taken; a larger lasting rise is a leak. */
export const filesFloor = 4;

export type Row = {
  process: string;
  what: string;
  trend: Trend | null;
  measured: boolean;
  lives: number;
  last: Sample;
};

/** One row for each process and measure that has samples. */
export function rowsOf(series: readonly Series[]): Row[] {
  return series.flatMap(({ watched, memory, files, pids }) =>
    (
      [
        ["memory, MiB", memory, memoryFloorMiB],
        ["open files", files, filesFloor],
      ] as const
    ).flatMap(([what, samples, floor]): Row[] => {
      if (samples.length === 0) return [];
      const { name, measured } = watched;
      // trendOf throws for a measured series that is too short; the others are for information.
      const trend = measured || samples.length > 20 ? trendOf(samples, floor) : null;
      return [{ process: name, what, trend, measured, lives: pids.size, last: samples.at(-1)! }];
    }),
  );
}

/** One sentence for each series that grows. */
export function growth(rows: readonly Row[]): string[] {
  return rows.flatMap(({ process, what, trend, measured, lives }) => {
    if (!measured || trend === null) return [];
    if (lives > 1) return [`${process} had to run through the measured time, and was started ${lives} times`];
    if (!trend.grows) return [];
    const { rise, tolerance, slopePerHour } = trend;
    return [
      `${process}: ${what} keeps growing: the last third is ${round(rise)} above the second, ` +
        `${round(tolerance)} is tolerated; ${round(slopePerHour)} an hour`,
    ];
  });
}

export function usageTable(rows: readonly Row[]): string {
  const head = ["process", "what", "start", "middle", "end", "an hour", "noise", "tolerated", "detectable", "result"];
  const body = rows.map(({ process, what, trend, measured, lives, last }) => {
    if (trend === null) return [process, what, "", "", round(last.value), "", "", "", "", "too short"];
    const { start, middle, end, slopePerHour, noise, tolerance, detectablePerHour, grows } = trend;
    const result = measured ? (grows ? "GROWS" : "flat") : `not checked: ${lives} ${lives === 1 ? "start" : "starts"}`;
    const numbers = [start, middle, end, slopePerHour, noise, tolerance].map(round);
    return [process, what, ...numbers, `${round(detectablePerHour)}/h`, result];
  });
  return table([head, ...body]);
}

/** How long each kind of fault lasted, from the kill until the cluster was healthy again. */
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

/** Text is aligned to the left, numbers to the right. */
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
