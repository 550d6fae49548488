// Times as text: one unit for ages, tenths of a second for short waits.

import { fromTimestamp } from "../../lib/clock.ts";

/** "5s", "3m", "2h", "4d" */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

export function ageOf(timestamp: string, now: number): string {
  return formatAge(now - fromTimestamp(timestamp));
}

/** "0.3 s", "42 s", "3m 20s" */
export function formatWait(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  return formatSeconds(ms);
}

/** "0 s", "42 s", "3m 20s" */
export function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
}

/** "12:34:56" of an ISO 8601 time, in UTC. */
export function clockTime(timestamp: string): string {
  return timestamp.slice(11, 19);
}

/** "12:34:56" in the zone of this machine. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
