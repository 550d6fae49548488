// What is wrong with a cron expression or a time zone that a person has typed, and what to write instead.

import { editDistance } from "./nearest-word.ts";

/** What may stand in each field, the first one being left out in an expression of five. */
const fields = [
  ["second", "0 to 59"],
  ["minute", "0 to 59"],
  ["hour", "0 to 23"],
  ["day of the month", "1 to 31, or L for the last day"],
  ["month", "1 to 12, or JAN to DEC"],
  ["day of the week", "0 to 7 (0 and 7 are Sunday), or SUN to SAT"],
] as const;

const names = ["@yearly", "@monthly", "@weekly", "@daily", "@hourly"];

/** Why the expression is refused. `refuses`: true when the library refuses an expression. */
export function whyNoCron(cron: string, refuses: (cron: string) => boolean): string {
  const words = cron.trim().split(/\s+/);
  if (words[0]!.startsWith("@")) return `the names are ${names.join(", ")}`;
  if (words.length < 5 || words.length > 6) {
    const has = words.length === 1 ? "1 field" : `${words.length} fields`;
    return `it has ${cron.trim() === "" ? "no field" : has}, and needs 5, or 6 with seconds first`;
  }
  const wrong = words.findIndex((word, at) => refuses(words.map((_, other) => (other === at ? word : "*")).join(" ")));
  if (wrong < 0) return "its fields do not go together";
  const [name, expected] = fields[wrong + fields.length - words.length]!;
  return `the ${name} is ${JSON.stringify(words[wrong])}, and may be ${expected}, a list 1,5, a range 1-5 or a step */5`;
}

const mostMeant = 3;
/** Typing errors in a name that is still recognised. */
const mostErrors = 2;

/** "there is no time zone ...", with those that may be meant. */
export function whyNoTimezone(timezone: string): string {
  const word = timezone.trim().toLowerCase().replaceAll(" ", "_");
  const known = timezones().map(({ name, forms }) => ({
    name,
    errors: Math.min(...forms.map((form) => editDistance(word, form, mostErrors))),
  }));
  const least = Math.min(...known.map(({ errors }) => errors));
  const meant = word.length > mostErrors && least <= mostErrors ? known.filter(({ errors }) => errors === least) : [];
  const names = meant.slice(0, mostMeant).map(({ name }) => name);
  const proposal = names.length === 0 ? "" : `; did you mean ${names.join(" or ")}?`;
  return `there is no time zone ${JSON.stringify(timezone)}${proposal}`;
}

interface Timezone {
  name: string;
  /** As people type it, in small letters: whole, and without the region, which is often left out. */
  forms: [string, string];
}

let allTimezones: Timezone[] | null = null;

/** Kept: to list them takes the platform tens of milliseconds. */
function timezones(): Timezone[] {
  allTimezones ??= Intl.supportedValuesOf("timeZone").map((name) => {
    const whole = name.toLowerCase();
    return { name, forms: [whole, whole.slice(whole.indexOf("/") + 1)] };
  });
  return allTimezones;
}
