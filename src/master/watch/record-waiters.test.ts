// Waits for a task whose client has gone.

import { expect, test } from "bun:test";
import { World } from "../../core/test-world.ts";
import { systemClock } from "../../lib/clock.ts";
import { limits } from "../../model/limits.ts";
import { RecordWaiters } from "./record-waiters.ts";

test("a client that disconnects ends its wait, also if it did so before the wait began", async () => {
  const world = new World();
  const { taskId } = world.task("web");
  const waiters = new RecordWaiters("task", systemClock);
  const wait = (signal: AbortSignal) =>
    waiters.wait(taskId, world.state.task(taskId), () => false, limits.waitMaxMs, signal);
  const leaving = new AbortController();
  const waiting = wait(leaving.signal);
  leaving.abort();
  expect(await waiting).toBeNull();
  expect(await wait(leaving.signal)).toBeNull();
});
