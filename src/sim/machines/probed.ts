// Probes that simulated tasks and services have, and how their programs answer: late, now and then, with a lie, or no more. After
// the repair every program that runs answers well.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import type { Program, SimulatedAnswer, SimulatedCheck } from "../../runtime/simulated/options.ts";

type Drawn = Record<string, unknown>;
type Answers = (check: SimulatedCheck, ranMs: number) => SimulatedAnswer;

const good: SimulatedAnswer = { good: true };
const bad: SimulatedAnswer = { good: false, output: "not now" };

/** By the first word of the arguments: `args: ["ready-after", "4000"]`. */
const programs: Readonly<Record<string, (ms: number) => Answers>> = {
  "ready-after": (ms) => (_, ranMs) => (ranMs >= ms ? good : bad),
  "never-ready": () => () => bad,
  /** Ready and not, in turns. */
  flaps: (ms) => (_, ranMs) => (Math.floor(ranMs / ms) % 2 === 0 ? good : bad),
  /** A command says that all is well, while nothing answers on the network for a time. */
  lies: (ms) => (check, ranMs) =>
    check.type === "exec" || check.type === "health" || Math.floor(ranMs / ms) % 2 === 0 ? good : "silent",
  /** Nothing answers any more. */
  hangs: (ms) => (_, ranMs) => (ranMs < ms ? good : "silent"),
};

/** Nothing for a program that answers every check well. */
export function answersOf({ args }: Pick<ContainerSpec, "args">, repaired: () => boolean): Pick<Program, "answer"> {
  const [kind = "", ms = "1000"] = args;
  const answers = Object.hasOwn(programs, kind) ? programs[kind]!(Number(ms)) : null;
  if (answers === null) return {};
  return { answer: (check, ranMs) => (repaired() ? good : answers(check, ranMs)) };
}

/** The fields of a template with probes, and the program that answers them; null for most. */
export function drawProbes(random: Random): Drawn | null {
  const below = (count: number) => randomInteger(random, count);
  const pick = below(100);
  if (pick >= 45) return null;
  const http = { http: { port: 80, path: "/ready" } };
  const exec = { exec: { command: ["check"] } };
  const often = () => ({
    periodMs: 1000 + below(2000),
    timeoutMs: 100 + below(900),
    failureThreshold: 1 + below(3),
  });
  const readinessProbe = { ...(below(3) === 0 ? exec : http), ...often(), successThreshold: 1 + below(2) };
  const livenessProbe = { ...(below(2) === 0 ? exec : http), ...often() };
  if (pick < 12) return { args: ["ready-after", String(500 + below(8000))], readinessProbe };
  if (pick < 18) {
    const startupProbe = { tcp: { port: 80 }, ...often(), failureThreshold: 3 + below(30) };
    return { args: ["ready-after", String(500 + below(8000))], startupProbe, livenessProbe, readinessProbe };
  }
  if (pick < 26) return { args: ["flaps", String(1500 + below(8000))], readinessProbe };
  if (pick < 31)
    return {
      args: ["lies", String(3000 + below(8000))],
      readinessProbe: { ...http, ...often() },
      livenessProbe: { ...exec, ...often() },
    };
  if (pick < 36) return { args: ["hangs", String(2000 + below(15_000))], livenessProbe };
  if (pick < 40) return { args: ["never-ready"], readinessProbe };
  const health = { command: "check", intervalMs: 1000 + below(1000), retries: 1 + below(3) };
  return { args: [below(2) === 0 ? "flaps" : "hangs", String(2500 + below(9000))], health };
}
