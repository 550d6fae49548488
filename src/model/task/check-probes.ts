// Checks of probes that a schema of one field cannot make: one check a probe, and numbers and networks that fit it.

import type { Mistake } from "./mistake.ts";
import { type ProbeField, probeFields } from "./option-fields.ts";
import { type Probe, wrongHeader } from "./probes.ts";
import type { ParsedTaskInput } from "./task-input.ts";

type Fields = Pick<ParsedTaskInput, ProbeField | "network" | "health">;

const checks = ["http", "tcp", "exec", "healthcheck"] as const;
/** What the engine decides for its own check. */
const times = ["initialDelayMs", "periodMs", "timeoutMs", "successThreshold", "failureThreshold"] as const;

/** The first mistake; null if there is none. */
export function probeMistake(input: Fields): Mistake | null {
  for (const field of probeFields) {
    const probe = input[field];
    if (probe === undefined) continue;
    const mistake = checkMistake(probe) ?? (field === "readinessProbe" ? null : successMistake(probe));
    const found = mistake ?? headerMistake(probe) ?? networkMistake(probe, input) ?? healthcheckMistake(probe, input);
    if (found) return { field: `${field}${found.field}`, message: found.message, hint: found.hint };
  }
  return null;
}

function checkMistake(probe: Probe): Mistake | null {
  const given = checks.filter((check) => probe[check] !== undefined);
  if (given.length === 1) return null;
  const message = given.length === 0 ? "it says no check" : `it has ${given.length} checks (${given.join(", ")})`;
  return { field: "", message, hint: "Give one of http, tcp, exec and healthcheck." };
}

/** As in Kubernetes: these two end with a verdict, and one good result is one. */
function successMistake({ successThreshold = 1 }: Probe): Mistake | null {
  if (successThreshold === 1) return null;
  const message = "only a readiness probe can ask for several good results in a row";
  return { field: ".successThreshold", message, hint: "Leave it out, or write 1." };
}

/** An object cannot have a name twice, and still in two cases. */
function headerMistake({ http }: Probe): Mistake | null {
  const wrong = http?.headers && wrongHeader(Object.keys(http.headers));
  if (!wrong) return null;
  const message = `expected ${wrong.expected}`;
  return { field: ".http.headers", message, hint: "Give each header one value." };
}

function networkMistake({ http, tcp }: Probe, { network }: Fields): Mistake | null {
  if (network?.mode !== "none" || (http === undefined && tcp === undefined)) return null;
  const message = "a container without a network (mode none) has no address that a check could reach";
  return { field: "", message, hint: "Check it with exec, which runs in the container." };
}

function healthcheckMistake(probe: Probe, { health }: Fields): Mistake | null {
  if (probe.healthcheck === undefined) return null;
  if (health?.disabled) {
    const message = "the health check is switched off (health.disabled)";
    return { field: ".healthcheck", message, hint: "Leave out disabled (--no-healthcheck), or give another check." };
  }
  const set = times.find((time) => probe[time] !== undefined);
  if (set === undefined) return null;
  const message = "the engine runs this check, at the times of `health` or of the image";
  return { field: `.${set}`, message, hint: "Set health.intervalMs, timeoutMs, startPeriodMs and retries instead." };
}
