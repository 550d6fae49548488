// Services over the API, on a master in this process: each operation, and what it refuses.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { RevisionView, ServiceView } from "../../src/model/service/view.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import * as worker from "./service-worker.ts";
import { input, quick, services } from "./service-worker.ts";

let podling: TestMaster;
beforeAll(async () => {
  podling = new TestMaster();
  await podling.register("n1", { capacity: 1000, version: "1" });
});
afterAll(() => podling.stop());

const create = (name: string, more: object = {}) => podling.do<ServiceView>("POST", services, input(name, more));
const put = (name: string, more: object = {}) =>
  podling.do<ServiceView>("PUT", `${services}/${name}`, input(name, more));
const get = (id: string) => worker.get(podling, id);
const tasksOf = (id: string) => worker.tasksOf(podling, id);
const revisionsOf = (id: string) => podling.do<RevisionView[]>("GET", `${services}/${id}/revisions`);
const act = (id: string, what: string, query = "") =>
  podling.ask<ServiceView>("POST", `${services}/${id}/${what}${query}`);
const work = (id: string) => worker.work(podling, id);
const reaches = (id: string, holds?: (service: ServiceView) => boolean, failing?: string) =>
  worker.reaches(podling, id, holds, failing);

async function steady(name: string, more: object = {}): Promise<ServiceView> {
  await create(name, more);
  return reaches(name);
}

describe("POST /api/v1/services", () => {
  test("201 with the service, whose replicas are started", async () => {
    const { status, body } = await podling.ask<ServiceView>("POST", services, { body: input("web") });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...{ name: "web", mode: { type: "replicated", replicas: 2 }, target: 1, stable: null, newest: 1, paused: false },
      ...{ reason: { code: expect.any(String) }, replicas: { wanted: 2, serving: 0, updated: 0, live: 2, going: 0 } },
      template: { containers: [{ image: "app:1" }], restartPolicy: { mode: "always" } },
      policy: { ...quick, parallelism: 1, maxSurge: 1, order: "auto", onFailure: "rollback", canary: 0 },
      rollout: { from: null, to: 1, order: "start-first" },
    });
    expect(await reaches("web")).toMatchObject({
      ...{ stable: 1, rollout: null, reason: { code: "steady" } },
      replicas: { wanted: 2, serving: 2, updated: 2, live: 2, going: 0 },
    });
  });

  test("201 with the place of the service", async () => {
    const { status, headers, body } = await podling.ask<ServiceView>("POST", services, { body: input("placed") });
    expect([status, headers.get("location")]).toEqual([201, `${services}/${body.serviceId}`]);
  });

  test("of a name that is in use: 409 with the service that has it", async () => {
    const { serviceId } = await create("taken");
    const refused = await podling.ask("POST", services, { body: input("taken", { image: "other" }) });
    expectRefusal(refused, 409, "name-taken");
    expect(refused.body).toMatchObject({ details: { serviceId, name: "taken" } });
    expect((await get("taken")).template.containers[0]!.image).toBe("app:1");
  });

  test("one replica and the default policy if nothing else is said; 0 replicas are a service too", async () => {
    expect(await podling.do<ServiceView>("POST", services, { name: "plain", image: "app" })).toMatchObject({
      mode: { replicas: 1 },
      policy: { parallelism: 1, minReadyMs: 1000, monitorMs: 5000, deadlineMs: 600_000, maxUnavailable: null },
    });
    expect(await create("empty", { replicas: 0 })).toMatchObject({ replicas: { wanted: 0, live: 0 } });
    expect(await reaches("empty")).toMatchObject({ reason: { code: "steady" } });
  });

  const refused: [what: string, more: object, status: number, code: string, field: string][] = [
    ["a negative number of replicas", { replicas: -1 }, 400, "invalid-field", "replicas"],
    ["half a replica", { replicas: 1.5 }, 400, "invalid-field", "replicas"],
    ["too many replicas", { replicas: 1_000_000 }, 400, "invalid-field", "replicas"],
    ["an unknown field", { replica: 1 }, 400, "unknown-field", "replica"],
    ["an unknown field of the rollout", { rollout: { speed: 1 } }, 400, "unknown-field", "rollout.speed"],
    ["an order that is none", { rollout: { order: "sideways" } }, 400, "invalid-field", "rollout.order"],
    ["an action that is none", { rollout: { onFailure: "cry" } }, 400, "invalid-field", "rollout.onFailure"],
    ["a time that is none", { rollout: { delayMs: "soon" } }, 400, "invalid-field", "rollout.delayMs"],
    ["a negative time", { rollout: { drainMs: -1 } }, 400, "invalid-field", "rollout.drainMs"],
    ["a rollout that is a word", { rollout: "fast" }, 400, "invalid-field", "rollout"],
    ["no image", { image: undefined }, 400, "invalid-field", "image"],
    ["a name with a slash", { name: "a/b" }, 400, "invalid-field", "name"],
    ["a name that is too long for the slot", { name: "x".repeat(63) }, 400, "invalid-field", "name"],
    ["a bad variable", { env: { "": "x" } }, 400, "invalid-field", "env"],
  ];
  test.each(refused)("%s is refused, and the answer names the field", async (_, more, status, code, field) => {
    const answer = await podling.ask("POST", services, { body: input("refused", more) });
    expectRefusal(answer, status, code);
    expect((answer.body as unknown as { details: { field: string } }).details.field).toStartWith(field);
    expectRefusal(await podling.ask("GET", `${services}/refused`), 404, "service-not-found");
  });

  test("durations are ms or texts", async () => {
    const { policy } = await create("times", { rollout: { delayMs: "2s", deadlineMs: "5m", monitorMs: 70 } });
    expect(policy).toMatchObject({ delayMs: 2000, deadlineMs: 300_000, monitorMs: 70 });
  });

  test("fields that contradict each other are refused as for a task", async () => {
    const resources = { memory: { request: "2g", limit: "1g" } };
    expectRefusal(await podling.ask("POST", services, { body: input("contra", { resources }) }), 422, "unprocessable");
  });
});

describe("PUT /api/v1/services/{id}", () => {
  test("creates; the same again changes nothing; another template is a revision with its note", async () => {
    const created = await put("put");
    expect(created).toMatchObject({ name: "put", newest: 1 });
    const before = await reaches("put");
    expect(await put("put")).toEqual(before);
    const text = JSON.stringify({ rollout: quick, replicas: 2, image: "app:2", name: "put" });
    const headers = { "content-type": "application/json", "podling-origin": "cli" };
    const changed = await podling.ask<ServiceView>("PUT", `${services}/put?note=faster`, { text, headers });
    expect(changed).toMatchObject({ status: 200, body: { target: 2, newest: 2, rollout: { from: 1, to: 2 } } });
    expect(await reaches("put")).toMatchObject({ stable: 2, template: { containers: [{ image: "app:2" }] } });
    expect(await revisionsOf("put")).toMatchObject([
      { number: 1, note: "", spec: { containers: [{ image: "app:1" }] } },
      { number: 2, note: "faster", spec: { containers: [{ image: "app:2" }] } },
    ]);
    expect((await tasksOf("put")).map(({ image }) => image)).toEqual(["app:2", "app:2"]);
  });

  test("another number of replicas or policy is no revision; what is left out stays", async () => {
    await steady("parts");
    const scaled = await put("parts", { replicas: 3, rollout: { parallelism: 5 } });
    expect(scaled).toMatchObject({ newest: 1, rollout: null, policy: { ...quick, parallelism: 5 } });
    await reaches("parts");
    const { mode } = await podling.do<ServiceView>("PUT", `${services}/parts`, { name: "parts", image: "app:1" });
    expect(mode).toEqual({ type: "replicated", replicas: 3 });
  });

  test("the order of the fields of an object makes no revision", async () => {
    await steady("order", { env: { A: "1", B: "2" }, labels: { x: "1", y: "2" } });
    const swapped = { env: { B: "2", A: "1" }, labels: { y: "2", x: "1" } };
    expect(await put("order", swapped)).toMatchObject({ newest: 1 });
    // Written out, what is the default says nothing more.
    const restartPolicy = { mode: "always", maxRestarts: null, resetAfterMs: 600_000 };
    const spelled = { ...swapped, restartPolicy, ports: [], constraints: [], stopGraceSeconds: 10 };
    expect(await put("order", spelled)).toMatchObject({ newest: 1 });
  });

  test("by its id, the body has its name; another name in the path is a 422", async () => {
    const { serviceId } = await steady("named");
    expect(await podling.do<ServiceView>("PUT", `${services}/${serviceId}`, input("named"))).toMatchObject({
      newest: 1,
    });
    const refused = await podling.ask("PUT", `${services}/other`, { body: input("named") });
    expectRefusal(refused, 422, "unprocessable");
    expect(refused.body).toMatchObject({ details: { field: "name" } });
    expectRefusal(await podling.ask("PUT", `${services}/${serviceId}`, { body: input("else") }), 422, "unprocessable");
  });

  test("bad input is a 400", async () => {
    const refused = await podling.ask("PUT", `${services}/bad`, { body: input("bad", { replicas: -1 }) });
    expectRefusal(refused, 400, "invalid-field");
    expectRefusal(await podling.ask("PUT", `${services}/bad?why=x`, { body: input("bad") }), 400, "unknown-field");
  });
});

describe("reads", () => {
  test("the list is by name; one service is found by id, name, and unique prefix", async () => {
    const { serviceId } = await create("zz-last");
    await create("aa-first");
    const names = (await podling.do<ServiceView[]>("GET", services)).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect([names[0], names.at(-1)]).toEqual(["aa-first", "zz-last"]);
    const suffix = serviceId.slice(serviceId.indexOf("-") + 1);
    for (const reference of [serviceId, "zz-last", suffix, suffix.slice(0, 6)])
      expect((await get(reference)).serviceId).toBe(serviceId);
    expectRefusal(await podling.ask("GET", `${services}/zz-la`), 404, "service-not-found");
    expectRefusal(await podling.ask("GET", `${services}/${serviceId.slice(0, 4)}`), 409, "ambiguous-id");
  });

  test("the replicas, by slot, with their owner", async () => {
    const { serviceId } = await steady("slots", { replicas: 11 });
    const tasks = await tasksOf("slots");
    expect(tasks.map(({ name }) => name)).toEqual(Array.from({ length: 11 }, (_, index) => `slots.${index + 1}`));
    expect(tasks[10]!.owner).toEqual({ kind: "service", id: serviceId, revision: 1, slot: "11" });
    expect(await podling.task(tasks[0]!.taskId)).toEqual(tasks[0]!);
    expect((await podling.create("alone")).owner).toBeUndefined();
  });
});

describe("operations of an unknown service are a 404", () => {
  test.each([
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/scale?replicas=1"],
    ["POST", "/restart"],
    ["POST", "/pause"],
    ["POST", "/resume"],
    ["POST", "/promote"],
    ["POST", "/rollback"],
    ["GET", "/revisions"],
    ["GET", "/tasks"],
  ])("%s %s", async (method, path) => {
    const refused = await podling.ask(method, `${services}/nothing${path}`);
    expectRefusal(refused, 404, "service-not-found");
    expect((refused.body as unknown as { error: string }).error).toContain("nothing");
  });
});

describe("scale", () => {
  test("up, down, to nothing and to the same", async () => {
    await steady("scaled");
    expect(await act("scaled", "scale", "?replicas=4")).toMatchObject({
      status: 200,
      body: { replicas: { wanted: 4 } },
    });
    expect((await reaches("scaled")).replicas).toMatchObject({ serving: 4, live: 4 });
    await act("scaled", "scale", "?replicas=1");
    await reaches("scaled");
    expect((await tasksOf("scaled")).map(({ name }) => name)).toEqual(["scaled.1"]);
    const before = await get("scaled");
    expect((await act("scaled", "scale", "?replicas=1")).body).toEqual(before);
    await act("scaled", "scale", "?replicas=0");
    expect((await reaches("scaled")).replicas).toEqual({
      wanted: 0,
      serving: 0,
      updated: 0,
      live: 0,
      done: 0,
      going: 0,
    });
  });

  test.each([
    ["", "invalid-field"],
    ["?replicas=-1", "invalid-field"],
    ["?replicas=many", "invalid-field"],
    ["?replicas=", "invalid-field"],
    ["?replicas=1&to=2", "unknown-field"],
  ])("%p is refused", async (query, code) => {
    const refused = await act("web", "scale", query);
    expectRefusal(refused, 400, code);
    expect(JSON.stringify(refused.body)).toMatch(code === "unknown-field" ? /to/ : /replicas/);
  });
});

describe("changes of a rollout", () => {
  test("restart replaces every replica by one of the same template", async () => {
    await steady("restarted");
    const before = await tasksOf("restarted");
    expect((await act("restarted", "restart")).body).toMatchObject({ target: 2, rollout: { from: 1, to: 2 } });
    expect(await reaches("restarted")).toMatchObject({ stable: 2, template: { containers: [{ image: "app:1" }] } });
    const after = await tasksOf("restarted");
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    for (const { taskId } of after) expect(before.map((task) => task.taskId)).not.toContain(taskId);
    expect((await revisionsOf("restarted")).at(-1)).toMatchObject({ note: "restart" });
  });

  test("pause stops it where it is, resume goes on", async () => {
    await steady("paused", { replicas: 3 });
    await put("paused", { replicas: 3, image: "app:2" });
    const paused = (await act("paused", "pause")).body;
    expect(paused).toMatchObject({ paused: true, reason: { code: "paused" }, rollout: { to: 2 } });
    expect((await act("paused", "pause")).status).toBe(200);
    for (let round = 0; round < 5; round++) await work("paused");
    const images = (await tasksOf("paused")).map(({ image }) => image);
    expect(images.filter((image) => image === "app:1").length).toBeGreaterThanOrEqual(2);
    expect((await act("paused", "resume")).body).toMatchObject({ paused: false, reason: { code: "deploying" } });
    expect(await reaches("paused")).toMatchObject({ stable: 2, reason: { code: "steady" } });
    expect((await act("paused", "resume")).status).toBe(200);
  });

  test("canaries wait for promote; a pause after that does not take it back", async () => {
    const rollout = { ...quick, canary: 1 };
    await steady("canaries", { replicas: 4, rollout });
    expectRefusal(await act("canaries", "promote"), 422, "unprocessable");
    await put("canaries", { replicas: 4, rollout, image: "app:2" });
    const waiting = await reaches("canaries", ({ reason }) => reason.code === "canary");
    expect(waiting.replicas.updated).toBe(1);
    for (let round = 0; round < 5; round++) await work("canaries");
    expect((await get("canaries")).replicas.updated).toBe(1);
    expect((await act("canaries", "promote")).body).toMatchObject({ rollout: { promoted: true } });
    await act("canaries", "pause");
    expect((await act("canaries", "resume")).body).toMatchObject({ rollout: { promoted: true } });
    expect(await reaches("canaries")).toMatchObject({ stable: 2, replicas: { updated: 4 } });
    expectRefusal(await act("canaries", "promote"), 422, "unprocessable");
  });

  test("promote of a service that was paused at its canaries goes on", async () => {
    const rollout = { ...quick, canary: 1 };
    await steady("held", { rollout });
    await put("held", { rollout, image: "app:2" });
    await reaches("held", ({ reason }) => reason.code === "canary");
    await act("held", "pause");
    expect((await act("held", "promote")).body).toMatchObject({ paused: false, rollout: { promoted: true } });
    expect(await reaches("held")).toMatchObject({ stable: 2, replicas: { updated: 2 } });
  });

  test("promote of a service without canaries is a 422", async () => {
    await create("no-canaries");
    expectRefusal(await act("no-canaries", "promote"), 422, "unprocessable");
    await reaches("no-canaries");
    expectRefusal(await act("no-canaries", "promote"), 422, "unprocessable");
  });

  test("rollback goes to the revision before, or to that of `to`", async () => {
    await steady("back");
    expectRefusal(await act("back", "rollback"), 422, "unprocessable");
    for (const image of ["app:2", "app:3"]) {
      await put("back", { image });
      await reaches("back");
    }
    expect((await act("back", "rollback")).body).toMatchObject({ target: 2, rollout: { from: 3, to: 2 } });
    expect(await reaches("back")).toMatchObject({
      stable: 2,
      newest: 3,
      template: { containers: [{ image: "app:2" }] },
    });
    expect((await act("back", "rollback", "?to=3")).body).toMatchObject({ target: 3 });
    await reaches("back");
    expect((await act("back", "rollback", "?to=1")).body).toMatchObject({ target: 1 });
    expect(await reaches("back")).toMatchObject({ template: { containers: [{ image: "app:1" }] } });
    expect((await act("back", "rollback", "?to=1")).body).toMatchObject({ rollout: null, target: 1 });
    const refused = await act("back", "rollback", "?to=9");
    expectRefusal(refused, 422, "unprocessable");
    expect((refused.body as unknown as { error: string }).error).toContain("9");
    for (const query of ["?to=0", "?to=x", "?to="])
      expectRefusal(await act("back", "rollback", query), 400, "invalid-field");
    expect((await put("back", { image: "app:4" })).newest).toBe(4);
  });

  test("a rollout whose replicas fail goes back by itself, and the old replicas serve all the time", async () => {
    await steady("fails");
    await put("fails", { image: "bad" });
    const back = await reaches(
      "fails",
      ({ reason, replicas }) => {
        expect(replicas.serving).toBeGreaterThanOrEqual(2);
        return reason.code === "rolled-back";
      },
      "bad",
    );
    expect(back).toMatchObject({
      target: 1,
      newest: 2,
      reason: { message: expect.stringContaining("no such program"), failedRevision: 2 },
    });
    expect(await reaches("fails", undefined, "bad")).toMatchObject({
      ...{ stable: 1, rollout: null, reason: { code: "rolled-back" } },
    });
    expect((await put("fails", { image: "app:3" })).reason.code).toBe("deploying");
    expect(await reaches("fails")).toMatchObject({ stable: 3, reason: { code: "steady" } });
  });

  test("with onFailure pause, it waits for a person", async () => {
    const rollout = { ...quick, onFailure: "pause" };
    await steady("waits", { rollout });
    await put("waits", { rollout, image: "bad" });
    const paused = await reaches("waits", (service) => service.paused, "bad");
    expect(paused).toMatchObject({ target: 2, reason: { code: "paused" }, replicas: { serving: 2, updated: 0 } });
    expect((await act("waits", "rollback")).body).toMatchObject({ paused: false, target: 1 });
    expect(await reaches("waits")).toMatchObject({ stable: 1, reason: { code: "steady" } });
  });
});

describe("DELETE /api/v1/services/{id}", () => {
  test("204; its tasks are stopped, and gone when they have stopped; the name is free", async () => {
    const { serviceId } = await steady("gone");
    const tasks = await tasksOf("gone");
    expect(await podling.ask("DELETE", `${services}/gone`)).toMatchObject({ status: 204, body: "" });
    expectRefusal(await podling.ask("GET", `${services}/${serviceId}`), 404, "service-not-found");
    expectRefusal(await podling.ask("DELETE", `${services}/gone`), 404, "service-not-found");
    for (const task of tasks) {
      expect((await podling.task(task.taskId)).desired).toBe("stopped");
      await podling.ask("PUT", `/api/v1/tasks/${task.taskId}/status`, { body: { status: "stopped", exitCode: 0 } });
      expectRefusal(await podling.ask("GET", `/api/v1/tasks/${task.taskId}`), 404, "task-not-found");
    }
    expect(await create("gone")).toMatchObject({ newest: 1 });
  });

  test("a replica that is removed or stopped by hand is replaced", async () => {
    await steady("hands");
    const [first, second] = await tasksOf("hands");
    await podling.do("DELETE", `/api/v1/tasks/${first!.taskId}?force=true`);
    await podling.do("POST", `/api/v1/tasks/${second!.taskId}/stop`);
    const replaced = await reaches("hands");
    expect(replaced).toMatchObject({ newest: 1, reason: { code: "steady" } });
    for (const { taskId } of await tasksOf("hands")) expect([first!.taskId, second!.taskId]).not.toContain(taskId);
  });
});
