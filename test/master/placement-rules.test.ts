// Rules of placement over the API: what is accepted and refused, where replicas and tasks go, and what explains it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import * as worker from "./service-worker.ts";
import { quick, services } from "./service-worker.ts";

let podling: TestMaster;
const zones: Record<string, string> = { n1: "a", n2: "a", n3: "b" };
beforeAll(() => {
  podling = new TestMaster();
});
/** Again before each test: a worker that sends nothing for some seconds is lost. */
beforeEach(async () => {
  for (const [name, zone] of Object.entries(zones))
    await podling.register(name, { capacity: 100, version: "1", labels: { zone } });
});
afterAll(() => podling.stop());

const put = (name: string, more: object = {}) =>
  podling.ask<ServiceView>("PUT", `${services}/${name}`, { body: { name, image: "app:1", rollout: quick, ...more } });
const explain = (taskId: string) => podling.do<Explanation>("GET", `/api/v1/tasks/${taskId}/explanation`);

async function nodesOf(name: string): Promise<string[]> {
  const all = await podling.do<{ nodeId: string; hostname: string }[]>("GET", "/api/v1/nodes");
  const tasks = await worker.tasksOf(podling, name);
  return tasks.map(({ nodeId }) => all.find((node) => node.nodeId === nodeId)?.hostname ?? "-").sort();
}

describe("the placement of a template", () => {
  test("spread over a label, also in the words of docker", async () => {
    await put("spread", { replicas: 4, placement: { spread: ["spread=node.labels.zone"] } });
    expect((await worker.reaches(podling, "spread")).template.placement).toEqual({ spread: ["zone"] });
    const nodes = await nodesOf("spread");
    expect(nodes.filter((name) => zones[name] === "b").length).toBe(2);
    const [task] = await worker.tasksOf(podling, "spread");
    expect((await explain(task!.taskId)).summary).toContain("in zone=");
  });

  test("maxPerNode: what is too much waits, and says why; a change of the template stops first", async () => {
    const placement = { maxPerNode: 1 };
    await put("most", { replicas: 4, placement });
    await worker.reaches(podling, "most", ({ replicas }) => replicas.serving === 3);
    expect(await nodesOf("most")).toEqual(["-", "n1", "n2", "n3"]);
    const waiting = (await worker.tasksOf(podling, "most")).find(({ nodeId }) => nodeId === null)!;
    const { summary, smallestChange } = await explain(waiting.taskId);
    expect(summary).toBe("0 of 3 nodes fit: 3 nodes already have 1 of most, which is the maximum");
    expect(smallestChange).toContain("--max-per-node");
    await put("most", { replicas: 3, placement });
    await worker.reaches(podling, "most");
    const { body } = await put("most", { image: "app:2", placement });
    expect(body.rollout).toMatchObject({ order: "stop-first", why: expect.stringContaining("at most 1") });
    expect(await worker.reaches(podling, "most")).toMatchObject({ stable: 2 });
    expect(await nodesOf("most")).toEqual(["n1", "n2", "n3"]);
  });

  test("prefer, near and apart", async () => {
    await put("db", { replicas: 1, placement: { prefer: ["zone=b", "zone==a:-2"] } });
    await worker.reaches(podling, "db");
    expect(await nodesOf("db")).toEqual(["n3"]);
    await put("beside", { replicas: 2, placement: { near: ["db"] } });
    await worker.reaches(podling, "beside");
    expect(await nodesOf("beside")).toEqual(["n3", "n3"]);
    await put("away", { replicas: 3, placement: { apart: ["db"] } });
    await worker.reaches(podling, "away");
    expect(await nodesOf("away")).not.toContain("n3");
  });

  test("of a task of its own: tasks with an equal template are counted", async () => {
    const create = (name: string) =>
      podling.do<TaskView>("POST", "/api/v1/tasks", { name, image: "own:1", placement: { maxPerNode: 1 } });
    const tasks = [await create("own-1"), await create("own-2"), await create("own-3"), await create("own-4")];
    expect(new Set(tasks.slice(0, 3).map(({ nodeId }) => nodeId)).size).toBe(3);
    expect(tasks[3]).toMatchObject({ nodeId: null, placement: { maxPerNode: 1 } });
    expect((await explain(tasks[3]!.taskId)).summary).toContain("1 of this template");
  });

  test("nothing in it is nothing at all: no field, no revision", async () => {
    await put("empty");
    await worker.reaches(podling, "empty");
    const { body } = await put("empty", { placement: { spread: [], maxPerNode: 0 } });
    expect(body).toMatchObject({ newest: 1 });
    expect(body.template).not.toHaveProperty("placement");
  });

  test.each<[placement: object, status: 400 | 422, code: "invalid-field" | "unknown-field" | "unprocessable"]>([
    [{ spread: [""] }, 400, "invalid-field"],
    [{ maxPerNode: -1 }, 400, "invalid-field"],
    [{ prefer: ["disk"] }, 400, "invalid-field"],
    [{ prefer: ["disk=ssd:heavy", { key: "disk" }] }, 400, "invalid-field"],
    [{ near: ["-"] }, 400, "invalid-field"],
    [{ beside: ["db"] }, 400, "unknown-field"],
    [{ near: ["refused"] }, 422, "unprocessable"],
    [{ near: ["db"], apart: ["db"] }, 422, "unprocessable"],
  ])("%j is refused", async (placement, status, code) => {
    expectRefusal(await put("refused", { placement }), status, code);
  });
});

describe("priority", () => {
  const body = (name: string, more: object = {}) => ({
    name,
    image: "app:1",
    resources: { cpu: { request: 1 } },
    constraints: ["node==small"],
    ...more,
  });

  test("a task takes the place of one with a lower priority, and both explain it", async () => {
    await podling.register("small", { capacity: 100, version: "1", cpu: 1, labels: { zone: "a" } });
    const low = await podling.do<TaskView>("POST", "/api/v1/tasks", body("low"));
    expect(low).not.toHaveProperty("priority");
    const mounts = [{ type: "volume", source: "kept", target: "/data" }];
    const high = await podling.do<TaskView>("POST", "/api/v1/tasks", body("high", { priority: 7, mounts }));
    expect(high).toMatchObject({ priority: 7, status: "pending", reason: { code: "preempting" } });
    const { summary, smallestChange, nodes } = await explain(high.taskId);
    expect(summary).toBe("no node has capacity; stops low (priority 0) on small, and waits until it has left");
    expect(smallestChange).toBe(null);
    const small = nodes.find(({ hostname }) => hostname === "small")!;
    expect(small.filters.filter(({ passed }) => !passed).map(({ filter }) => filter)).not.toContain("volume-in-use");
    expect((await explain(low.taskId)).reason.message).toContain("preempted by high (priority 7)");
    const report = { nodeId: low.nodeId, status: "stopped", exitCode: 143 };
    await podling.do("PUT", `/api/v1/tasks/${low.taskId}/status`, report);
    expect(await podling.do<TaskView>("GET", `/api/v1/tasks/${high.taskId}`)).toMatchObject({ status: "scheduled" });
    const { requests } = await podling.do<TaskView>("GET", `/api/v1/tasks/${low.taskId}`);
    expect(requests!.preempted).toEqual({ by: high.taskId, name: "high", priority: 7 });
  });

  test.each([1.5, "high", 1_000_001])("%p is refused", async (priority) => {
    const answer = await podling.ask("POST", "/api/v1/tasks", { body: body("odd", { priority }) });
    expectRefusal(answer, 400, "invalid-field");
    expect(JSON.stringify(answer.body)).toContain("priority");
  });
});
