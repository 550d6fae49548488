// Labels of nodes: what the worker declares, what users set over it, and what is left of both.

import { expect, test } from "bun:test";
import { limits } from "../../model/limits.ts";
import { nodeKind } from "../../model/node/kind.ts";
import { World } from "../test-world.ts";

function labelled(labels: Record<string, string> = {}) {
  const world = new World();
  const nodeId = world.node("n1", { labels });
  const label = (set: Record<string, string>, remove: string[] = []) =>
    ({ type: "labelNode", nodeId, set, remove }) as const;
  return { world, nodeId, label, node: () => world.state.node(nodeId) };
}

test("a user's label wins over the worker's, and stays when the worker registers again", () => {
  const { world, label, node } = labelled({ disk: "hdd", zone: "a" });
  world.do(label({ disk: "ssd", gpu: "" }));
  expect(node().labels).toEqual({ disk: "ssd", zone: "a", gpu: "" });
  world.node("n1", { labels: { disk: "tape", rack: "7" } });
  expect(node()).toMatchObject({
    labels: { disk: "ssd", rack: "7", gpu: "" },
    userLabels: { disk: "ssd", gpu: "" },
    workerLabels: { disk: "tape", rack: "7" },
  });
  world.do(label({}, ["disk"]));
  expect(node().labels).toEqual({ disk: "tape", rack: "7", gpu: "" });
  world.do(label({}, ["gpu"]));
  expect(node()).toMatchObject({ labels: { disk: "tape", rack: "7" }, userLabels: null, workerLabels: null });
});

test("a repeated request changes nothing", () => {
  const { world, label } = labelled();
  expect(world.do(label({ disk: "ssd" }, ["zone"])).changes).toHaveLength(1);
  expect(world.do(label({ disk: "ssd" }, ["zone"])).changes).toEqual([]);
});

test("a label of the worker cannot be removed, and the number of labels is limited", () => {
  const { world, label, node } = labelled({ disk: "hdd" });
  expect(world.refusal(label({ zone: "a" }, ["disk"]))).toBe("unprocessable");
  expect(node().userLabels).toBeNull();
  const many = (from: number) =>
    Object.fromEntries(Array.from({ length: limits.labelCount }, (_, index) => [`k${from + index}`, ""]));
  world.do(label(many(0)));
  expect(world.refusal(label(many(1000)))).toBe("unprocessable");
});

test("a task that waits for the label is placed", () => {
  const { world, nodeId, label } = labelled();
  const constraints = [{ type: "label", key: "disk", operator: "equals", value: "ssd" } as const];
  const { taskId } = world.task("web", { constraints });
  expect(world.view(taskId).status).toBe("pending");
  world.do(label({ disk: "ssd" }));
  expect(world.view(taskId)).toMatchObject({ status: "scheduled", nodeId });
  world.do(label({}, ["disk"]));
  expect(world.view(taskId).status).toBe("scheduled");
});

test("a record without labels of users is written as 0.1.0 wrote it", () => {
  const { world, label, node } = labelled({ disk: "hdd" });
  expect(nodeKind.pack(node())).not.toHaveProperty("userLabels");
  world.do(label({ zone: "a" }));
  expect(nodeKind.unpack(nodeKind.pack(node()), undefined as never)).toEqual(node());
});
