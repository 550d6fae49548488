// What a worker that starts again takes over from the master's record of a task.

import { expect, test } from "bun:test";
import { assigned } from "../../../test/worker/samples.ts";
import { limits } from "../../model/limits.ts";
import { noAttempts } from "./attempts.ts";
import { retryPauseMs } from "./restart-policy.ts";

test("the count of restarts goes on from the record, also when the engine was away at the start", () => {
  const assignment = assigned({ status: "running", restarts: 3 });
  expect(noAttempts(assignment)).toMatchObject({ restarts: 3, streak: 3, hasRun: true });
});

test("the pause after a call that failed doubles, from half a second to half a minute", () => {
  const pauses = [0, 1, 2, 3, 4, 5, 6, 7, 40].map(retryPauseMs);
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(pauses[0]).toBe(limits.retryInitialMs);
});
