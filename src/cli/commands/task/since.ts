// The value of --since as the API takes it.

import { UsageError } from "../../command/failure.ts";

/** A time without a zone is in that of the caller; the master may have another. Durations are by the master's clock. */
export function sinceText(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?)?$/.test(text)) return text;
  const time = text.length === 10 ? "T00:00" : text.length === 13 ? ":00" : "";
  const ms = new Date(`${text}${time}`).getTime();
  if (Number.isNaN(ms))
    throw new UsageError(`--since ${text}: there is no such time`, "Write 10m or 2025-01-19T12:34:56.");
  return new Date(ms).toISOString();
}
