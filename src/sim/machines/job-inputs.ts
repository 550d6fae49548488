// The jobs and schedules that clients ask for: tasks that succeed, fail, never end or cannot start, and short times.

import { type Random, randomInteger } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";

type Drawn = Record<string, unknown>;

/** A body without a name. */
export function drawJobInput(random: Random): Drawn {
  const below = (count: number) => randomInteger(random, count);
  const of = <T>(...values: T[]): T => values[below(values.length)]!;
  return {
    image: of("demo", "demo", "app", "missing"),
    ...drawProgram(below),
    resources: { cpu: { request: below(3) * 0.1, limit: null } },
    // With times of its own: then the API shows the same form that workers get.
    restartPolicy: {
      ...{ mode: "never", maxRestarts: null, backoffInitialMs: limits.restartBackoffInitialMs },
      ...{ backoffMaxMs: 20_000, resetAfterMs: limits.restartResetMs },
    },
    stopGraceSeconds: below(8),
    completions: 1 + below(6),
    parallelism: 1 + below(3),
    indexed: below(2) === 0,
    backoffLimit: of(0, 1, 3, 6),
    activeDeadline: of(null, null, 20_000, 60_000),
    ttlAfterFinished: of(null, 0, 10_000, 60_000),
  };
}

/** Three of four succeed. */
function drawProgram(below: (count: number) => number): Drawn {
  const runsMs = String(300 + below(8_000));
  const pick = below(100);
  if (pick < 70) return { args: ["job", runsMs, "0"] };
  if (pick < 85) return { args: ["job", runsMs, "1"] };
  if (pick < 92) return { args: ["service"], activeDeadline: 30_000 };
  return { args: ["unstartable"] };
}

/** A body without a name. */
export function drawScheduleInput(random: Random): Drawn {
  const below = (count: number) => randomInteger(random, count);
  const of = <T>(...values: T[]): T => values[below(values.length)]!;
  return {
    ...drawJobInput(random),
    cron: of("*/5 * * * * *", "*/20 * * * * *", "* * * * *", "*/2 * * * *"),
    timezone: of("UTC", "Europe/Berlin", "Asia/Kathmandu"),
    concurrency: of("allow", "forbid", "forbid", "replace"),
    startDeadline: of(null, null, 0, 5_000, 60_000),
    keepSucceeded: below(4),
    keepFailed: below(3),
    ttlAfterFinished: null,
  };
}
