// The flags of commands that show logs, and what they ask for.

import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { LogOptions } from "./follow-logs.ts";
import { readTime, sayIfFuture, timeText } from "./time-flag.ts";

export const logFlags: readonly Flag[] = [
  { long: "follow", short: "f", description: "follow the output" },
  { long: "tail", short: "n", value: "LINES", description: "only this many lines from the end, or all" },
  {
    long: "since",
    value: "TIME",
    description:
      "only newer lines: 10m, 2025-01-19T12:34:56 in your time zone (with Z or +02:00 in that one), or seconds since 1970",
  },
  { long: "timestamps", short: "t", description: "start each line with its time" },
];

export interface AskedLogs<T> {
  subject: T;
  options: LogOptions;
}

/**
 * `ask` gets what has the logs: by its answer the master's clock is known, which durations are relative to. Throws a UsageError
 * before that for a value that cannot be.
 */
export async function askedLogs<T>(context: Context, ask: () => Promise<T>): Promise<AskedLogs<T>> {
  const { flags } = context;
  const lines = flags.text("tail");
  if (lines !== undefined && lines !== "all" && !/^\d+$/.test(lines)) {
    throw new UsageError(`-n ${lines}: expected a number of lines, or all`, "Write -n 20, or -n all.");
  }
  const text = flags.text("since");
  const flag = text === undefined ? null : { flag: "--since", text };
  const since = flag && readTime(flag);
  const subject = await ask();
  if (since) await sayIfFuture(context, since, flag);
  const options = {
    follow: flags.has("follow"),
    tail: lines === "all" ? undefined : lines,
    since: since ? timeText(since, context.masterNow()) : undefined,
    timestamps: flags.has("timestamps"),
  };
  return { subject, options };
}
