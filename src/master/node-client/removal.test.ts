// The answer to a removal that waits: at its timeout, and after the answer of the worker.

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

test.each([
  ["has no such container", 404, { error: "none", code: "task-not-found" }, 204],
  ["does not take the token", 401, { error: "the token is wrong", code: "unauthorized" }, 202],
  ["is another program", 404, {}, 202],
])("a worker that %s", async (_, status, body, expected) => {
  const world = new World();
  const { state } = world;
  const nodeId = world.node("n1");
  const { taskId } = world.task("web");
  const task = state.task(taskId);
  expect(task.placement?.nodeId).toBe(nodeId);
  const asking = async () => Response.json(body, { status });
  const context = {
    state: { tasks: new Map(), nodes: state.nodes },
    watchers: { waitFor: async () => null },
    loop: { whenDurable: async () => {} },
    clock: systemClock,
    logs: { token: null, fetch: asking, clock: systemClock },
  };
  const answer = await new Removal(task, context as never).answer(1, new AbortController().signal);
  expect(answer.status).toBe(expected);
});
