// What the probes of one container say together: whether it is ready, and whether it must be restarted. Pure.

import { limits } from "../../model/limits.ts";
import { type ProbeField, probeFields } from "../../model/task/option-fields.ts";
import type { Probe } from "../../model/task/probes.ts";
import type { ContainerSpec, RestartPolicy } from "../../model/task/spec.ts";
import type { EngineHealth } from "../../runtime/containers.ts";
import type { History, Verdict } from "./probe.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

const kinds: Readonly<Record<ProbeField, ProbeKind>> = {
  startupProbe: "startup",
  livenessProbe: "liveness",
  readinessProbe: "readiness",
};

/** The probes of a container; the engine's health check stands for one that is not given. */
export type ProbePlan = { readonly [Kind in ProbeKind]?: Probe };

/** The result of all probes of one run. */
export interface Health {
  /** `startedAt` of the run. */
  readonly run: string | null;
  readonly ready: boolean;
  /** Why it is not ready, as a sentence. Null while it is. */
  readonly notReady: string | null;
  /** Why it must be restarted, as a sentence. Null: it need not be. */
  readonly unhealthy: string | null;
}

const engineCheck: Probe = Object.freeze({ healthcheck: true });

/** True when the spec alone says that there are probes. */
export function hasProbes(spec: ContainerSpec): boolean {
  return spec.startupProbe !== undefined || spec.livenessProbe !== undefined || spec.readinessProbe !== undefined;
}

/**
 * Null if nothing is to be watched. A health check of the engine says whether the container is ready, if no readiness probe
 * does. One that the task asks for (`health`) also restarts it, if no liveness probe does and its policy restarts at all: a
 * check that only came with the image was never meant to end a container of docker's.
 */
export function planOf(
  spec: ContainerSpec,
  { mode }: Pick<RestartPolicy, "mode">,
  health: EngineHealth | undefined,
): ProbePlan | null {
  if (health === undefined && !hasProbes(spec)) return null;
  const plan: { [Kind in ProbeKind]?: Probe } = {};
  for (const field of probeFields) if (spec[field]) plan[kinds[field]] = spec[field];
  if (health !== undefined) {
    plan.readiness ??= engineCheck;
    if (spec.health !== undefined && mode !== "never") plan.liveness ??= engineCheck;
  }
  return plan;
}

/** What the engine says, as the history of a probe. */
export function engineHistory(known: History, health: EngineHealth | undefined): History {
  const verdict: Verdict | null =
    health === undefined || health.status === "starting" ? null : health.status === "healthy" ? "passed" : "failed";
  if (verdict === known.verdict) return known;
  const output = verdict === "failed" ? cut(health!.output.trim()) : "";
  return { ...known, verdict, failedAfter: verdict === "failed" ? health!.failures : 0, output };
}

/** At most so many bytes of the output of a check, without NUL, which no field of the API may hold. */
export function cut(text: string): string {
  const bytes = Buffer.from(text.replaceAll("\0", ""));
  if (bytes.length <= limits.probeOutputBytes) return bytes.toString("utf8");
  // A character that is cut in the middle is left out.
  return bytes
    .subarray(0, limits.probeOutputBytes)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}

export type Histories = { readonly [Kind in ProbeKind]?: History };

/** True when the probe runs now: the startup probe until it has passed, the others after that. */
export function isUnderWay(kind: ProbeKind, plan: ProbePlan, histories: Histories): boolean {
  if (plan[kind] === undefined) return false;
  const hasStarted = plan.startup === undefined || histories.startup?.verdict === "passed";
  return kind === "startup" ? !hasStarted : hasStarted;
}

export function healthOf(run: string | null, plan: ProbePlan, histories: Histories, engine: boolean): Health {
  const { startup, liveness, readiness } = histories;
  const sick = startup?.verdict === "failed" ? "startup" : liveness?.verdict === "failed" ? "liveness" : null;
  if (sick !== null) {
    const unhealthy = failure(sick, plan, histories);
    return { run, ready: false, notReady: unhealthy, unhealthy };
  }
  const notReady =
    plan.startup && startup?.verdict !== "passed"
      ? pending("startup", plan, engine)
      : plan.readiness === undefined || readiness?.verdict === "passed"
        ? null
        : readiness?.verdict === "failed"
          ? failure("readiness", plan, histories)
          : pending("readiness", plan, engine);
  return { run, ready: notReady === null, notReady, unhealthy: null };
}

function pending(kind: ProbeKind, plan: ProbePlan, engine: boolean): string {
  if (plan[kind]?.healthcheck === undefined) return `its ${kind} probe has not passed yet`;
  if (engine) return "the engine's health check has not passed yet";
  return "the engine has no health check for it: the image has none, and the task asks for none (--health-cmd)";
}

function failure(kind: ProbeKind, plan: ProbePlan, histories: Histories): string {
  const { failedAfter, output } = histories[kind]!;
  const what = plan[kind]?.healthcheck === undefined ? `its ${kind} probe` : "the engine's health check";
  const times = failedAfter <= 1 ? "failed" : `failed ${failedAfter} times in a row`;
  return `${what} ${times}${output === "" ? "" : `: ${output}`}`;
}
