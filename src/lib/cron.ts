// When a cron expression is due in a time zone. The only file that uses croner, and with it the time-zone data of this machine:
// what it says is recorded, and never computed again from the log.

import { Cron } from "croner";
import { BoundedMap } from "./bounded-map.ts";

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
  if (!isTimezone(timezone)) return { field: "timezone", message: `there is no time zone ${JSON.stringify(timezone)}` };
  // croner takes a date as well, which is due once.
  if (!/^@|\s/.test(cron)) return { field: "cron", message: `${JSON.stringify(cron)} is no cron expression` };
  try {
    return nextDue(cron, timezone, Date.UTC(2000, 0, 1)) === null
      ? { field: "cron", message: `${JSON.stringify(cron)} is never due` }
      : null;
  } catch (error) {
    const why = (error as Error).message.replace(/^CronPattern: ?/, "");
    return { field: "cron", message: `${JSON.stringify(cron)} is no cron expression: ${why}` };
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
  const made = new Cron(cron, { timezone, paused: true, mode: "5-or-6-parts" });
  parsed.add(key, made, key.length);
  return made;
}
