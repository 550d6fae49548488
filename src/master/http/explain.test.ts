// Explanations of the current state, where the state changes while the journal is read.

import { expect, test } from "bun:test";
import type { Log } from "../../core/state/recover.ts";
import { World } from "../../core/test-world.ts";
import { systemClock } from "../../lib/clock.ts";
import { createExplainer } from "./explain.ts";

/** A journal that has nothing left, and says so after `meanwhile`. */
function emptyLog(meanwhile: () => void): Log {
  return {
    async readSnapshot() {
      meanwhile();
      return null;
    },
    async *readBatches() {},
  };
}

test("a task that ends while the journal is read is explained as it is then", async () => {
  const world = new World();
  const nodeId = world.node("n1");
  const { taskId } = world.task("web");
  const log = emptyLog(() => world.do(world.report(taskId, { status: "failed" })));
  const explainer = createExplainer(async () => world.state, log, systemClock);
  const explained = await explainer.explain(world.state.task(taskId));
  expect(explained).toMatchObject({ ok: true, value: { basis: "now", status: "failed", chosenNodeId: nodeId } });
});

test("a task that is removed while the journal is read is not found", async () => {
  const world = new World();
  world.node("n1");
  const { taskId } = world.task("web");
  const log = emptyLog(() => world.do({ type: "removeTask", taskId, force: true }));
  const explainer = createExplainer(async () => world.state, log, systemClock);
  const explained = await explainer.explain(world.state.task(taskId));
  expect(explained).toMatchObject({ ok: false, refusal: { code: "task-not-found" } });
});

test("the current state is explained only when it is durable", async () => {
  const world = new World();
  world.node("n1");
  const { taskId } = world.task("web");
  const order: string[] = [];
  const durable = async () => {
    order.push("durable");
    return world.state;
  };
  const explainer = createExplainer(
    durable,
    emptyLog(() => order.push("read")),
    systemClock,
  );
  await explainer.explain(world.state.task(taskId));
  expect(order).toEqual(["read", "durable"]);
});
