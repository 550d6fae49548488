// Mistakes that show in time alone, or only with a real engine: unit tests beside the code must find them. Plain data.

import type { Mutant } from "./mutant.ts";

export const unitMutants: readonly Mutant[] = [
  {
    name: "restarts-begin-at-zero",
    sentence: "A worker that starts while its engine is away counts restarts from 0 again.",
    file: "src/worker/task/attempts.ts",
    find: "restarts: recorded?.restarts ?? 0,",
    replace: "restarts: 0,",
    caughtBy: [],
    tests: ["src/worker/task/attempts.test.ts"],
  },
  {
    name: "retry-pause-does-not-double",
    sentence: "An engine in trouble is asked again every half second without end.",
    file: "src/worker/task/restart-policy.ts",
    find: "limits.retryInitialMs * 2 ** failures",
    replace: "limits.retryInitialMs + 0 * failures",
    caughtBy: [],
    tests: ["src/worker/task/attempts.test.ts"],
  },
  {
    name: "report-pause-not-reset",
    sentence: "A report waits up to 30 s although the master answers again.",
    file: "src/worker/link/reporter.ts",
    find: "pauseMs = this.#hurry.signal.aborted ? limits.retryInitialMs : Math.min(pauseMs * 2, limits.retryMaxMs);",
    replace: "pauseMs = Math.min(pauseMs * 2, limits.retryMaxMs);",
    caughtBy: [],
    tests: ["src/worker/link/reporter.test.ts"],
  },
  {
    name: "stop-patience-within-grace",
    sentence: "A container that uses a long grace looks like an engine that hangs.",
    file: "src/runtime/docker/containers.ts",
    find: "return graceSeconds * 1000 + killPatienceMs;",
    replace: "return killPatienceMs;",
    caughtBy: [],
    tests: ["src/runtime/docker/containers.test.ts"],
  },
];
