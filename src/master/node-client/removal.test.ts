// The answer to a removal that waits, at its timeout.

import { expect, test } from "bun:test";
import { World } from "../../core/test-world.ts";
import { systemClock } from "../../lib/clock.ts";
import { Removal } from "./removal.ts";

test("a removal that the journal has not taken yet is not called done", async () => {
  const world = new World();
  const { state } = world;
  const { taskId } = world.task("web");
  const task = state.task(taskId);
  // The state of a tick whose batch is still being written, and is then taken back.
  const tasks = new Map(state.tasks);
  tasks.delete(taskId);
  const context = {
    state: { tasks, nodes: state.nodes },
    watchers: { waitFor: async () => null },
    loop: {
      whenDurable: async () => {
        tasks.set(taskId, task);
      },
    },
    clock: systemClock,
    logs: { token: null, fetch, clock: systemClock },
  };
  const answer = await new Removal(task, context as never).answer(1, new AbortController().signal);
  expect(answer.status).toBe(202);
});
