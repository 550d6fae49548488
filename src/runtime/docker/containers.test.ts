// How long a stop is waited for.

import { expect, test } from "bun:test";
import { limits } from "../../model/limits.ts";
import { stopPatienceMs } from "./containers.ts";

test.each([[0], [1], [10], [limits.stopGraceSecondsMax]])(
  "a stop with %d s of grace is waited for longer than that",
  (graceSeconds) => {
    // The engine kills after the grace, and answers when the container has ended: that takes it some seconds.
    expect(stopPatienceMs(graceSeconds)).toBeGreaterThanOrEqual(graceSeconds * 1000 + 30_000);
  },
);
