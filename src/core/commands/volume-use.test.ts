// From when on the node of a volume must have its data, and until when.

import { describe, expect, test } from "bun:test";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { knownFeatures } from "../../model/task/needs.ts";
import { type ParsedTaskInput, taskInput } from "../../model/task/task-input.ts";
import { World } from "../test-world.ts";
import type { TaskReportFields } from "./command.ts";

const at = "2025-01-19T12:35:00.000Z";

class OneNode extends World {
  readonly nodeId = this.node("n1", { instance: "n1", version: "1", features: knownFeatures });

  create(input: object): TaskId {
    return this.task("db", taskInput.parse({ name: "db", ...input }) as ParsedTaskInput).taskId;
  }

  says(taskId: TaskId, report: TaskReportFields): void {
    this.do(this.report(taskId, report));
  }

  /** The volumes whose data the node must have. */
  get filled(): string[] {
    return [...this.state.tables.volume.values()].flatMap(({ name, filled }) => (filled ? [name] : [])).sort();
  }

  forget(name: string, nodeId: NodeId = this.nodeId): void {
    this.do({ type: "forgetVolumeData", name, nodeId });
  }
}

const container = (name: string, volume: string) => ({
  ...{ name, image: "i" },
  mounts: [{ type: "volume", source: volume, target: "/data" }],
});
const single = { image: "i", mounts: container("", "data").mounts };
const started = { startedAt: at, status: "running" as const };
const waits = { startedAt: null, status: "scheduled" as const };

describe("a volume must be there from the start of a container that mounts it", () => {
  test("while an init container runs, and when it has failed, those of the other containers need not be", () => {
    const world = new OneNode();
    const pod = { containers: [container("app", "second")], initContainers: [container("setup", "first")] };
    const taskId = world.create({ image: undefined, ...pod });
    const [setup, app] = [
      { name: "setup", ...started },
      { name: "app", ...waits },
    ];
    world.says(taskId, { status: "scheduled", containers: [{ ...setup, startedAt: null }, app] });
    expect(world.filled).toEqual([]);
    world.says(taskId, { status: "scheduled", containers: [setup, app] });
    expect(world.filled).toEqual(["first"]);
    world.says(taskId, { status: "failed", containers: [{ ...setup, status: "failed", exitCode: 1 }, app] });
    expect(world.filled).toEqual(["first"]);
  });

  test("also when the task is reported to run while a container waits for another one", () => {
    const world = new OneNode();
    const taskId = world.create({ containers: [container("app", "second"), container("cache", "first")] });
    const cache = { name: "cache", ...started };
    world.says(taskId, { status: "running", containers: [{ name: "app", ...waits }, cache] });
    expect(world.filled).toEqual(["first"]);
    expect(world.state.task(taskId).observed.containers.map(({ startedAt }) => startedAt)).toEqual([null, at]);
    world.says(taskId, { status: "running", containers: [{ name: "app", ...started }, cache] });
    expect(world.filled).toEqual(["first", "second"]);
  });

  test("and of a task with one container from its start, whether or not the report says when that was", () => {
    for (const more of [{ startedAt: at }, {}]) {
      const world = new OneNode();
      const taskId = world.create(single);
      expect(world.filled).toEqual([]);
      world.says(taskId, { status: "running", ...more });
      expect(world.filled).toEqual(["data"]);
    }
  });
});

describe("data that a user has removed from its node", () => {
  function ended(): OneNode {
    const world = new OneNode();
    const taskId = world.create(single);
    world.says(taskId, { status: "running" });
    world.says(taskId, { status: "completed" });
    return world;
  }

  test("need not be there any more, also for a task that waits for it; the volume stays bound", () => {
    const world = ended();
    world.create(single);
    world.forget("data");
    expect(world.state.tables.volume.get("data")).toMatchObject({
      ...{ filled: false, state: "bound", nodeId: world.nodeId },
    });
  });

  test("must be there if another node has it, or if a task has started with the volume since", () => {
    const world = ended();
    world.forget("data", world.node("n2"));
    expect(world.filled).toEqual(["data"]);
    world.says(world.create(single), { status: "running" });
    world.forget("data");
    expect(world.filled).toEqual(["data"]);
  });

  test("of a volume without a record changes nothing", () => {
    const world = new OneNode();
    expect(world.do({ type: "forgetVolumeData", name: "none", nodeId: world.nodeId }).changes).toEqual([]);
  });
});
