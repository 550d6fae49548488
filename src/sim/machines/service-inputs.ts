// The services that clients ask for: templates that work and that do not, and every kind of rollout policy.

import { type Random, randomInteger } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";

type Drawn = Record<string, unknown>;

/** The value of the label app: selectors find tasks and replicas by it. */
export function appOf(serial: number): string {
  return serial % 2 === 0 ? "even" : "odd";
}

/** A body without name and replicas. `serial` makes its template differ from every other one. */
export function drawServiceInput(random: Random, serial: number): Drawn & { rollout: Drawn } {
  const below = (count: number) => randomInteger(random, count);
  const input: Drawn = {
    image: below(3) === 0 ? "app" : "demo",
    env: { VERSION: String(serial) },
    labels: { app: appOf(serial) },
    resources: {
      cpu: { request: below(3) * 0.1, limit: null },
      memory: { request: below(3) * 32 * 1024 ** 2, limit: null },
    },
    restartPolicy: {
      ...{ mode: "always", maxRestarts: null, backoffInitialMs: limits.restartBackoffInitialMs },
      ...{ backoffMaxMs: 20_000, resetAfterMs: limits.restartResetMs },
    },
    stopGraceSeconds: below(8),
  };
  Object.assign(input, drawProgram(below));
  if (below(7) === 0)
    input.ports = [{ hostPort: 9000 + below(3), containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" }];
  if (below(12) === 0) input.constraints = [{ type: "label", key: "disk", operator: "equals", value: "ssd" }];
  return { ...input, rollout: drawPolicy(below) };
}

/** Two of three serve. The others fail until everything is repaired, or end as their policy says. */
function drawProgram(below: (count: number) => number): Drawn {
  const pick = below(100);
  if (pick < 58) return { args: ["service"] };
  if (pick < 66) return { args: ["stubborn"] };
  if (pick < 78) return { args: ["loop", String(200 + below(below(2) === 0 ? 800 : 6000))] };
  if (pick < 86) return { args: ["service"], image: "gone" };
  if (pick < 94) return { args: ["never-starts"] };
  return { args: ["oom", String(500 + below(5000))] };
}

/** Short times, so that rollouts end within the run. Some policies are refused: that no step would be possible. */
function drawPolicy(below: (count: number) => number): Drawn {
  const of = <T>(...values: T[]): T => values[below(values.length)]!;
  return {
    parallelism: below(4),
    delayMs: of(0, 0, 1000, 3000),
    maxSurge: of(0, 1, 1, 2),
    maxUnavailable: of(null, null, 0, 1, 2),
    order: of("auto", "auto", "start-first", "stop-first"),
    minReadyMs: of(0, 500, 1000, 2000),
    monitorMs: of(0, 1000, 5000),
    deadlineMs: 15_000 + below(45_000),
    maxFailures: of(0, 0, 1, 3),
    onFailure: of("rollback", "rollback", "pause", "continue"),
    canary: of(0, 0, 0, 1, 2),
    drainMs: of(0, 500, 1000, 3000),
  };
}
