// How many restarts on request are done: the worker's own count, that of the record, or that of an older backup.

import { describe, expect, test } from "bun:test";
import { assigned, container } from "../../../test/worker/samples.ts";
import { noAttempts } from "./attempts.ts";
import { reduce } from "./reduce.ts";
import { restartIsDue } from "./step.ts";

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

describe("after a restore, a request with the number of one that is done", () => {
  const at = (restartAskedAt: string | undefined) =>
    assigned({
      ...{ status: "running" as const, requestedRestarts: 1 },
      requests: { restarts: 2, ...(restartAskedAt === undefined ? {} : { restartAskedAt }) },
    });
  const isDue = (before: string | undefined, now: string | undefined) => {
    const attempts = { ...noAttempts(at(before)), requestedRestarts: 2 };
    const outcome = { type: "assigned", assignment: at(now), deleted: false } as const;
    const { progress } = reduce({ assignment: at(before), found: container(), attempts }, outcome, 0);
    return restartIsDue(progress.assignment!, progress.attempts);
  };
  const [early, late] = ["2026-11-24T10:00:00.000Z", "2026-11-24T10:00:05.000Z"];

  test.each([
    ["is done if it was made at another time", early, late, true],
    ["is the same one if it was made at the same time", early, early, false],
    ["is taken for the same one if the master does not say the time", early, undefined, false],
    ["is done if only the new one has a time", undefined, late, true],
  ])("%s", (_, before, now, expected) => {
    expect(isDue(before, now)).toBe(expected);
  });

  test("is not made up for by a restart that is under way", () => {
    const requestUnderWay = { startedAt: early, count: 2 };
    const attempts = { ...noAttempts(at(early)), requestedRestarts: 1, requestUnderWay };
    const outcome = { type: "assigned", assignment: at(late), deleted: false } as const;
    const { progress } = reduce({ assignment: at(early), found: container(), attempts }, outcome, 0);
    expect(progress.attempts.requestUnderWay).toBeNull();
  });
});
