// When a cron expression is due in a time zone. The only file that uses croner, and with it the time-zone data of this machine:
// what it says is recorded, and never computed again from the log.

import { Cron } from "croner";
import { BoundedMap } from "./bounded-map.ts";
import { whyNoCron, whyNoTimezone } from "./cron-mistakes.ts";

const mode = "5-or-6-parts";

/** Parsed expressions: many schedules look again and again. */
const kept = { entries: 2_048, characters: 256 * 1024 };
const parsed = new BoundedMap<string, Cron>(kept);

/** What is wrong with an expression or a zone. */
export interface CronMistake {
  field: "cron" | "timezone";
  message: string;
}

/** Five fields (minute, hour, day of the month, month, day of the week), six with seconds first, or a name such as @daily. */
export function cronMistake(cron: string, timezone: string): CronMistake | null {
  if (!isTimezone(timezone)) return { field: "timezone", message: whyNoTimezone(timezone) };
  const quoted = JSON.stringify(cron);
  if (isRefused(cron))
    return { field: "cron", message: `${quoted} is no cron expression: ${whyNoCron(cron, isRefused)}` };
  if (nextDue(cron, timezone, Date.UTC(2000, 0, 1)) !== null) return null;
  return { field: "cron", message: `${quoted} is never due: no such day comes` };
}

/** One of a list: a number, a name, a range, a step, or a day such as L, 15W, MON#2 and 5L. */
const item =
  /^(?:(?:[*?]|(?:\d{1,2}|[a-z]{3})(?:-(?:\d{1,2}|[a-z]{3}))?)(?:\/\d+)?|LW?|\d+W|(?:\d|[a-z]{3})(?:#[1-5L]|L))$/i;

/** croner takes dates as well, which are due once, and reads 3: as 3. */
function isRefused(cron: string): boolean {
  const words = cron.trim().split(/\s+/);
  if (!cron.startsWith("@") && !words.every((word) => word.split(",").every((one) => item.test(one)))) return true;
  try {
    new Cron(cron, { paused: true, mode });
    return false;
  } catch {
    return true;
  }
}

function isTimezone(timezone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: timezone }) !== null;
  } catch {
    return false;
  }
}

/** The first due time after `afterMs`, in ms since the epoch; null if there is none. Throws for what is no expression. */
export function nextDue(cron: string, timezone: string, afterMs: number): number | null {
  return cronOf(cron, timezone).nextRun(new Date(afterMs))?.getTime() ?? null;
}

export interface DueTimes {
  /** In ms since the epoch; null if none was due. */
  newest: number | null;
  /** How many there are, counted up to `most`. */
  count: number;
}

/** The due times after `afterMs` up to and with `untilMs`. Beyond `most` of them, only the newest is looked for. */
export function dueTimes(cron: string, timezone: string, afterMs: number, untilMs: number, most: number): DueTimes {
  let newest: number | null = null;
  let count = 0;
  for (let at = nextDue(cron, timezone, afterMs); at !== null && at <= untilMs; at = nextDue(cron, timezone, at)) {
    newest = at;
    if (++count >= most) break;
  }
  if (newest === null || count < most) return { newest, count };
  const last =
    cronOf(cron, timezone)
      .previousRuns(1, new Date(untilMs + 1))[0]
      ?.getTime() ?? newest;
  return { newest: Math.max(newest, last), count };
}

function cronOf(cron: string, timezone: string): Cron {
  const key = `${timezone} ${cron}`;
  const known = parsed.get(key);
  if (known) return known;
  const made = new Cron(cron, { timezone, paused: true, mode });
  parsed.add(key, made, key.length);
  return made;
}
