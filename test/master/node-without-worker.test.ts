// A task on a node that was registered by hand: where its reason is shown, after ten seconds without a report.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import { limits } from "../../src/model/limits.ts";
import { TestClock, TestMaster } from "./in-process.ts";

const never = {
  code: "never-started",
  message:
    "placed on n1, never started here: n1 has no worker; start one there, or remove the node: podling node rm -f n1",
} as const;

let clock: TestClock;
let podling: TestMaster;
beforeEach(() => {
  clock = new TestClock();
  podling = new TestMaster({ clock });
});
afterEach(() => podling.stop());

const listed = async () => (await podling.do<TaskView[]>("GET", "/api/v1/tasks")).map(({ reason }) => reason);

test("the task, the list, its watchers and the explanation say that it was never started there", async () => {
  await podling.register("n1");
  const { taskId, reason } = await podling.create("web");
  expect(reason).toEqual({ code: "placed", message: "placed on n1, not started yet" });
  expect(await listed()).toEqual([reason]);
  const watch = await podling.stream("/api/v1/tasks?watch=true");
  await clock.advance(limits.neverStartedMs - 1);
  expect((await podling.task(taskId)).reason).toEqual(reason);
  await clock.advance(1);
  expect(await podling.task(taskId)).toMatchObject({ status: "scheduled", reason: never });
  expect(await listed()).toEqual([never]);
  const { data } = await watch.next("the new reason", ({ event }) => event === "task");
  expect(data).toMatchObject({ taskId, reason: never });
  watch.close();
  expect((await podling.do<Explanation>("GET", `/api/v1/tasks/${taskId}/explanation`)).reason).toEqual(never);
});

test("the advice helps: a worker that registers for the node takes the sentence back, and a removed node gives the task up", async () => {
  const byHand = await podling.register("n1");
  const started = await podling.create("started");
  await clock.advance(limits.neverStartedMs);
  const worker = await podling.register("n1", { version: "1.0.0" });
  expect(worker.nodeId).toBe(byHand.nodeId);
  expect((await podling.task(started.taskId)).reason.message).toBe("placed on n1, not started yet");
  expect(await podling.report(started, "running")).toMatchObject({ status: "running" });
  await podling.do("POST", "/api/v1/nodes/n1/deregister");
  expect((await podling.task(started.taskId)).reason.code).toBe("node-deregistered");
});
