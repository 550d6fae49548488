// How many restarts on request are done: the worker's own count, that of the record, or that of an older backup.

import { expect, test } from "bun:test";
import { assigned, container } from "../../../test/worker/samples.ts";
import { noAttempts } from "./attempts.ts";
import { reduce } from "./reduce.ts";

const asked = (restarts: number, requestedRestarts = 0) =>
  assigned({ status: "running", requests: { restarts }, requestedRestarts });

test.each([
  ["a container that is known from the engine alone: those of the record", null, 0, asked(3, 2), 2],
  ["a record that lags behind: the worker's own", asked(3), 3, asked(4), 3],
  ["a master with an older backup: its own", asked(3), 3, asked(2, 1), 1],
  ["a master with a backup from before the first: none", asked(3), 3, asked(0), 0],
])("%s", (_, before, done, assignment, expected) => {
  const attempts = { ...noAttempts(before), requestedRestarts: done };
  const outcome = { type: "assigned", assignment, deleted: false } as const;
  const { progress } = reduce({ assignment: before, found: container(), attempts }, outcome, 0);
  expect(progress.attempts.requestedRestarts).toBe(expected);
});
