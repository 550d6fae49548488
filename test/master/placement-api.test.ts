// Where replicas run, over the API: global services and what the placement of a template says.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { RevisionView, ServiceView } from "../../src/model/service/view.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import * as worker from "./service-worker.ts";
import { quick, services } from "./service-worker.ts";

let podling: TestMaster;
const nodes = ["n1", "n2", "n3"];
beforeAll(() => {
  podling = new TestMaster();
});
/** Again before each test: a worker that sends nothing for some seconds is lost. */
beforeEach(async () => {
  for (const [index, name] of nodes.entries())
    await podling.register(name, { capacity: 100, version: "1", labels: { zone: index < 2 ? "a" : "b" } });
});
afterAll(() => podling.stop());

const put = (name: string, more: object = {}) =>
  podling.ask<ServiceView>("PUT", `${services}/${name}`, { body: { name, image: "app:1", rollout: quick, ...more } });
const reaches = (name: string) => worker.reaches(podling, name);
/** "web.n1 on n1" */
async function places(name: string): Promise<string[]> {
  const all = await podling.do<{ nodeId: string; hostname: string }[]>("GET", "/api/v1/nodes");
  const tasks = await worker.tasksOf(podling, name);
  return tasks.map((task) => `${task.name} on ${all.find(({ nodeId }) => nodeId === task.nodeId)?.hostname ?? "-"}`);
}

describe("mode global", () => {
  test("one replica on each node; its tasks say which node they are bound to", async () => {
    expect((await put("agent", { mode: "global" })).body).toMatchObject({ mode: { type: "global" } });
    expect(await reaches("agent")).toMatchObject({ stable: 1, replicas: { wanted: 3, serving: 3, live: 3 } });
    expect(await places("agent")).toEqual(["agent.n1 on n1", "agent.n2 on n2", "agent.n3 on n3"]);
    for (const { owner, nodeId } of await worker.tasksOf(podling, "agent"))
      expect(owner as object).toMatchObject({ kind: "service", nodeId });
  });

  test("only where the constraints hold", async () => {
    await put("edge", { mode: "global", constraints: ["zone==b"] });
    expect(await reaches("edge")).toMatchObject({ replicas: { wanted: 1, serving: 1 } });
    expect(await places("edge")).toEqual(["edge.n3 on n3"]);
  });

  test("a replica on a cordoned node is wanted there, and stays", async () => {
    await put("stays", { mode: "global" });
    await reaches("stays");
    await podling.do("POST", "/api/v1/nodes/n1/cordon");
    await put("stays", { mode: "global", image: "app:2" });
    const { replicas } = await worker.reaches(podling, "stays", ({ rollout }) => rollout === null);
    expect(replicas).toMatchObject({ wanted: 3, serving: 3, updated: 2 });
    await podling.do("POST", "/api/v1/nodes/n1/uncordon");
    expect(await worker.reaches(podling, "stays", (service) => service.replicas.updated === 3)).toBeDefined();
  });

  test("a number of replicas with it is a 422; the mode of a service may change, and stays when it is left out", async () => {
    expectRefusal(await put("both", { mode: "global", replicas: 2 }), 422, "unprocessable");
    expectRefusal(await put("both", { mode: "everywhere" }), 400, "invalid-field");
    await put("changes", { mode: "global" });
    await reaches("changes");
    expect((await put("changes", { image: "app:2" })).body.mode).toEqual({ type: "global" });
    expectRefusal(await put("changes", { replicas: 2 }), 422, "unprocessable");
    expectRefusal(await podling.ask("POST", `${services}/changes/scale?replicas=2`), 422, "unprocessable");
    expect((await put("changes", { mode: "replicated", replicas: 2 })).body.mode).toEqual({
      type: "replicated",
      replicas: 2,
    });
    expect(await reaches("changes")).toMatchObject({ replicas: { wanted: 2, serving: 2, live: 2 } });
  });
});

test.each(["never", "on-failure", "always"])(
  "the template of an answer, sent back, is the same one: restart policy %s",
  async (restartPolicy) => {
    const name = `back-${restartPolicy}`;
    await put(name, { restartPolicy });
    const { template, newest } = await reaches(name);
    const { containers, ...rest } = template;
    const { body } = await put(name, { ...rest, ...containers[0]! });
    expect(body).toMatchObject({ newest, template: { restartPolicy: { mode: restartPolicy } } });
    const [revision] = await podling.do<RevisionView[]>("GET", `${services}/${name}/revisions`);
    expect(revision!.spec).toEqual(template);
  },
);
