// What both exports need: the normalised app, its names, and the forms of amounts.

import type { z } from "zod";
import { type AppBody, appInput, memberName } from "../../model/app/app-input.ts";

export type App = z.output<typeof appInput>;
export type Service = App["services"][number];
export type Job = App["jobs"][number];
export type Schedule = App["schedules"][number];
export type Workload = Service | Job | Schedule;

/** With defaults and short forms resolved. The input must be one that the schema accepts. */
export const normalised = (input: AppBody): App => appInput.parse(input);

/** "shop_web" as "web"; null for a name that does not begin with that of the app. */
export function shortName(app: string, name: string): string | null {
  const prefix = memberName(app, "");
  return name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : null;
}

/** As compose and people write it: "90s", "250ms". */
export function duration(ms: number): string;
export function duration(ms: number | undefined): string | undefined;
export function duration(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** The fields that have a value. Undefined if there is none, so that an empty mapping is left out too. */
export function given(fields: Record<string, unknown>): Record<string, unknown> | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Undefined for an empty or missing list. */
export const some = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list && list.length > 0 ? list : undefined;
