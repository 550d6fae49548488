// What a reference stands for: ids may be shortened, names may not.

import { describe, expect, test } from "bun:test";
import type { Outcome } from "../../model/refusal.ts";
import { World } from "../test-world.ts";
import { resolveNode, resolveTask } from "./lookup.ts";

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
