// What a reference stands for: ids may be shortened, names may not.

import { describe, expect, test } from "bun:test";
import type { Outcome } from "../../model/refusal.ts";
import { Apps, full } from "../commands/app/test-apps.ts";
import { World } from "../test-world.ts";
import {
  findContent,
  findVolume,
  resolveJob,
  resolveNode,
  resolveSchedule,
  resolveService,
  resolveTask,
} from "./lookup.ts";

const code = (outcome: Outcome<unknown>) => (outcome.ok ? "found" : outcome.refusal.code);

describe("a node", () => {
  test("is found by its whole name and by the beginning of its id, not by the beginning of its name", () => {
    const world = new World();
    const nodeId = world.node("web-10");
    for (const reference of [nodeId, nodeId.slice(0, 16), nodeId.slice(15), nodeId.slice(15, 19), "web-10"])
      expect(resolveNode(world.state, reference)).toMatchObject({ ok: true, value: { nodeId } });
    for (const reference of ["web-1", "web", "w", "", nodeId.slice(0, 3), nodeId.slice(15, 18)])
      expect(code(resolveNode(world.state, reference))).toBe("node-not-found");
  });

  test("of a name that two nodes have is refused, and both are listed", () => {
    const world = new World();
    const ids = [world.node("n1"), world.node("n1", { port: 8082 })].sort();
    expect(resolveNode(world.state, "n1")).toMatchObject({
      ok: false,
      refusal: { code: "ambiguous-id", details: { candidates: ids.map((nodeId) => `${nodeId} (n1)`) } },
    });
    for (const nodeId of ids) expect(resolveNode(world.state, nodeId.slice(15))).toMatchObject({ value: { nodeId } });
  });
});

describe("a task", () => {
  test("is found by its whole name and by the beginning of its id, not by the beginning of its name", () => {
    const world = new World();
    const { taskId } = world.task("web-10");
    for (const reference of [taskId, taskId.slice(0, 16), taskId.slice(15), taskId.slice(15, 19), "web-10"])
      expect(resolveTask(world.state, reference)).toMatchObject({ ok: true, value: { taskId } });
    for (const reference of ["web-1", "web", "w", "", taskId.slice(0, 3), taskId.slice(15, 18)])
      expect(code(resolveTask(world.state, reference))).toBe("task-not-found");
  });

  test("of a name that two unfinished tasks have is refused, and both are listed; a finished one does not count", () => {
    const world = new World();
    const tasks = [world.task("web"), world.task("web")];
    expect(resolveTask(world.state, "web")).toMatchObject({
      ok: false,
      refusal: { code: "ambiguous-id", details: { candidates: tasks.map(({ taskId }) => `${taskId} (web, pending)`) } },
    });
    world.do({ type: "stopTask", taskId: tasks[1]!.taskId });
    expect(resolveTask(world.state, "web")).toMatchObject({ value: { taskId: tasks[0]!.taskId } });
  });
});

test("a name as a compose file has it leads to that of the app", () => {
  const apps = new Apps();
  apps.apply(full);
  const { state } = apps.world;
  const hint = (outcome: Outcome<unknown>) => (outcome.ok ? "found" : outcome.refusal.hint);
  expect(hint(resolveService(state, "web"))).toBe("Did you mean shop_web?");
  expect(hint(resolveTask(state, "web.1"))).toBe("Did you mean shop_web.1?");
  expect(hint(resolveJob(state, "migrate"))).toBe("Did you mean shop_migrate?");
  expect(hint(resolveSchedule(state, "nightly"))).toBe("Did you mean shop_nightly?");
  expect(hint(findVolume(state, "data"))).toBe("Did you mean shop_data?");
  expect(hint(findContent(state, "config", "env"))).toBe("Did you mean shop_env?");
  expect(hint(findContent(state, "secret", "password"))).toBe("Did you mean shop_password?");
  expect(hint(resolveService(state, "other"))).toBe("List the services with: podling service ls");
});
