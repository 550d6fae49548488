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
  const answer = await askedOf({ version: "1" }, async () => Response.json(body, { status }));
  expect(answer.status).toBe(expected);
});

test.each([
  ["1", "n1 is online, and removes it by itself"],
  ["", "n1 was registered without a worker, so that a container has to be removed there"],
])("what becomes of the container if a node of version %p does not answer", async (version, says) => {
  const answer = await askedOf({ version }, async () => {
    throw new Error("connection refused");
  });
  expect(answer.status).toBe(202);
  expect(((await answer.json()) as { message: string }).message).toEndWith(`. ${says}`);
});

/** The answer to the removal of a task on n1, whose end is reported; `asking` is the worker's. */
async function askedOf(node: { version: string }, asking: () => Promise<Response>): Promise<Response> {
  const world = new World();
  const { state } = world;
  const nodeId = world.node("n1", node);
  const { taskId } = world.task("web");
  const task = state.task(taskId);
  expect(task.placement?.nodeId).toBe(nodeId);
  const context = {
    state: { tasks: new Map(), nodes: state.nodes },
    watchers: { waitFor: async () => null },
    loop: { whenDurable: async () => {} },
    clock: systemClock,
    logs: { token: null, fetch: asking, clock: systemClock },
  };
  return await new Removal(task, context as never).answer(1, new AbortController().signal);
}
