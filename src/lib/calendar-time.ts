// Reads a date with or without a time and a zone (ISO 8601, RFC 3339), as people write it: `2025-01-19`, `2025-01-19 12:34`,
// `2025-01-19T12:34:56.789+02:00`. Stricter than Date.parse, which takes other words and turns February 30 into March 2.

export interface CalendarTime {
  /** Since the epoch; without a zone in that of this process. NaN if there is no such time. */
  ms: number;
  hasZone: boolean;
}

const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** Undefined if the text has another form. */
export function parseCalendarTime(text: string): CalendarTime | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const [, day = "", hours = "00", minutes = "00", seconds = "00", fraction = "", zone = ""] = match;
  const midnight = new Date(`${day}T00:00:00Z`);
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  const time = `${day}T${hours}:${minutes}:${seconds}${fraction}${zone.toUpperCase()}`;
  return { ms: isDay && Number(hours) < 24 ? Date.parse(time) : Number.NaN, hasZone: zone !== "" };
}
