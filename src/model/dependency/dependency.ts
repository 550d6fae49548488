// What services and jobs wait for: other services and jobs of the cluster, by name. It is no part of a template: a change of it
// replaces nothing.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { Reason } from "../task/reason.ts";
import type * as schema from "./schema.ts";

export type DependsOn = DeepReadonly<z.output<typeof schema.dependency>>;
export type DependencyCondition = DependsOn["condition"];

/** What a record waits for now, and since when. */
export type WaitsFor = NonNullable<DeepReadonly<z.output<typeof schema.waitsFor>>>;

/** The fields of a record that may depend on others. */
export interface Dependent {
  readonly dependsOn?: readonly DependsOn[] | undefined;
  readonly waitsFor?: WaitsFor | null | undefined;
}

/** "waits for db: unhealthy" */
export function waitingSentence({ name, why }: Pick<WaitsFor, "name" | "why">): string {
  return `waits for ${name}: ${why}`;
}

/** "waits for db: unhealthy for 12 s". `now`: by the master's clock, in ms since the epoch. */
export function waitedSentence(waits: WaitsFor, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(waits.since)) / 1000));
  const long = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
  return `${waitingSentence(waits)}${waits.why.endsWith("unhealthy") ? "" : ","} for ${long}`;
}

/** Of a task that is not placed, or not started again, because of that. */
export function dependencyReason(waits: Pick<WaitsFor, "name" | "why">): Reason {
  return { code: "waiting-for-dependency", message: waitingSentence(waits) };
}
