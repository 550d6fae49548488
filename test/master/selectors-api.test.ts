// Services with a selector over the API, in the form of the first edition: their fields, refusals, endpoints and stream.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { same } from "../../src/lib/same.ts";
import type { EndpointList } from "../../src/model/service/endpoint.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import { get, input, reaches, services, tasksOf } from "./service-worker.ts";

let podling: TestMaster;
beforeAll(async () => {
  podling = new TestMaster();
  await podling.register("n1", { capacity: 1000, version: "1", address: "10.0.0.5", features: ["node-address"] });
});
afterAll(() => podling.stop());

let serial = 0;
const put = (name: string, body: object) => podling.do<ServiceView>("PUT", `${services}/${name}`, { name, ...body });
const endpointsOf = async (name: string) =>
  (await podling.do<EndpointList>("GET", `${services}/${name}/endpoints`)).endpoints;
const namesOf = async (name: string) => (await endpointsOf(name)).map((one) => one.name);
const published = (hostPort: number, containerPort = 80) => [
  { hostIp: "10.0.0.5", hostPort, containerPort, protocol: "tcp" },
];
const runs = (task: Pick<TaskView, "taskId" | "nodeId">, more: object = {}) =>
  podling.report(task as TaskView, "running", { containerId: `c-${task.taskId}`, ready: true, ...more });
/** A task with these labels, which runs. */
async function running(name: string, labels: object, more: object = {}): Promise<TaskView> {
  const task = await podling.create(name, { labels });
  return runs(task, { publishedPorts: published(49_000 + serial++), ...more });
}

describe("the form of the first edition", () => {
  test("is created, read, changed and removed; it owns no replicas", async () => {
    const body = {
      ...{ name: "shop", namespace: "sales", selector: { app: "shop" }, type: "ClusterIP", sessionAffinity: "None" },
      ...{ clusterIp: null, labels: { team: "a" }, annotations: { note: "x" } },
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }, { port: 443 }],
    };
    const created = await podling.do<ServiceView>("POST", services, body);
    expect(created).toMatchObject({
      ...{
        name: "shop",
        namespace: "sales",
        selector: { app: "shop" },
        labels: { team: "a" },
        mode: { type: "selector" },
      },
      ...{ type: "ClusterIP", sessionAffinity: "None", clusterIp: null, annotations: { note: "x" }, target: 0 },
      ports: [
        { name: "http", port: 80, targetPort: 8080, protocol: "tcp" },
        { port: 443, targetPort: 443, protocol: "tcp" },
      ],
      ...{ replicas: { wanted: 0, serving: 0 }, template: { containers: [] }, reason: { code: "selecting" } },
    });
    expect(await get(podling, "shop")).toEqual(created);
    expect(await put("shop", body)).toEqual(created);
    const changed = await put("shop", { selector: { app: "shop" } });
    expect(changed).toMatchObject({ namespace: "default", ports: [], labels: {}, annotations: {} });
    expect(await podling.do("GET", `${services}/shop/revisions`)).toEqual([]);
    expectRefusal(await podling.ask("DELETE", `${services}/none`), 404, "service-not-found");
    await podling.ask("DELETE", `${services}/shop`);
    expectRefusal(await podling.ask("GET", `${services}/shop`), 404, "service-not-found");
  });

  test("nulls for what is left out, and the head of Kubernetes without an address", async () => {
    const nulls = { namespace: null, ports: null, type: null, sessionAffinity: null, labels: null, annotations: null };
    expect(await put("nulls", { ...nulls, selector: { a: "b" }, clusterIp: "None" })).toMatchObject({
      ...{ namespace: "default", ports: [], selector: { a: "b" } },
    });
  });

  test("the list, of one namespace too: a service with replicas has that of its template", async () => {
    await put("l-1", { selector: { a: "b" }, namespace: "lists" });
    await put("l-2", input("l-2", { replicas: 0, namespace: "lists" }));
    await put("l-3", input("l-3", { replicas: 0 }));
    const list = async (query: string) =>
      (await podling.do<ServiceView[]>("GET", `${services}${query}`)).map(({ name }) => name);
    expect(await list("?namespace=lists")).toEqual(["l-1", "l-2"]);
    expect(await list("?namespace=nowhere")).toEqual([]);
    expect(await list("?namespace=default")).toContain("l-3");
    expect(await list("?namespace=default")).not.toContain("l-1");
    expect(await list("")).toEqual(expect.arrayContaining(["l-1", "l-2", "l-3"]));
    expect((await get(podling, "l-2")).template.labels).toEqual({ "podling.namespace": "lists" });
    await put("l-4", input("l-4", { replicas: 0, namespace: "lists", labels: { "podling.namespace": "lists" } }));
    expect((await get(podling, "l-4")).template.labels).toEqual({ "podling.namespace": "lists" });
  });
});

describe("refused", () => {
  const selector = { app: "web" };
  const rows: [what: string, body: object, status: number, code: string, says: string][] = [
    ["no selector and no image", {}, 400, "invalid-field", "an image for replicas, or a selector"],
    ["an empty selector", { selector: {} }, 400, "invalid-field", "at least one label"],
    ["a selector that is a list", { selector: ["app"] }, 400, "invalid-field", "selector"],
    ["a value that is a number", { selector: { app: 1 } }, 400, "invalid-field", "selector.app"],
    ["a selector and an image", { selector, image: "x" }, 422, "unprocessable", "so no image"],
    ["a selector and containers", { selector, containers: [] }, 422, "unprocessable", "so no containers"],
    ["a selector and replicas", { selector, replicas: 2 }, 422, "unprocessable", "so no replicas"],
    ["variables", { selector, env: { A: "b" } }, 400, "unknown-field", "env"],
    ["ClientIP", { selector, sessionAffinity: "ClientIP" }, 422, "unprocessable", "needs a balancer"],
    ["NodePort", { selector, type: "NodePort" }, 422, "unprocessable", "NodePort needs a balancer"],
    ["LoadBalancer", { selector, type: "LoadBalancer" }, 422, "unprocessable", "needs a balancer"],
    ["another type", { selector, type: "ExternalName" }, 400, "invalid-field", "ClusterIP"],
    ["an address", { selector, clusterIp: "10.0.0.1" }, 422, "unprocessable", "no address of their own"],
    ["port 0", { selector, ports: [{ port: 0 }] }, 400, "invalid-field", "ports[0].port"],
    [
      "a target that is a name",
      { selector, ports: [{ port: 80, targetPort: "http" }] },
      400,
      "invalid-field",
      "targetPort",
    ],
    ["a port of replicas", { selector, ports: [{ containerPort: 80 }] }, 400, "invalid-field", "ports[0].port"],
    ["a port twice", { selector, ports: [{ port: 80 }, { port: 80, targetPort: 81 }] }, 422, "unprocessable", "80/tcp"],
    [
      "a port's name twice",
      {
        selector,
        ports: [
          { port: 80, name: "a" },
          { port: 81, name: "a" },
        ],
      },
      ...([422, "unprocessable", "a is there twice"] as const),
    ],
    [
      "a namespace, and a label with another one",
      { image: "x", namespace: "a", labels: { "podling.namespace": "b" } },
      ...([422, "unprocessable", "it is a, and the label podling.namespace says b"] as const),
    ],
    [
      "as many labels as there may be, and a namespace",
      { image: "x", namespace: "a", labels: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, ""])) },
      ...([422, "unprocessable", "they are 65, and 64 are allowed"] as const),
    ],
    ["a namespace with a slash", { selector, namespace: "a/b" }, 400, "invalid-field", "namespace"],
  ];
  test.each(rows)("%s", async (_, body, status, code, says) => {
    const answer = await podling.ask("POST", services, { body: { name: "refused", ...body } });
    expectRefusal(answer, status, code as never);
    expect(JSON.stringify(answer.body)).toContain(says);
  });

  test("a port of the service may have the number of another protocol", async () => {
    const ports = [{ port: 53 }, { port: 53, protocol: "udp" }];
    expect(await put("dns", { selector, ports })).toMatchObject({ ports: [{ port: 53 }, { protocol: "udp" }] });
  });

  test("a name that is taken, and a change from one form to the other", async () => {
    await put("first", { selector });
    await put("second", input("second", { replicas: 0 }));
    const create = (body: object) => podling.ask("POST", services, { body });
    expectRefusal(await create({ name: "first", selector, namespace: "other" }), 409, "name-taken");
    expectRefusal(await create({ name: "second", selector }), 409, "name-taken");
    const toTemplate = await podling.ask("PUT", `${services}/first`, { body: input("first") });
    expectRefusal(toTemplate, 422, "unprocessable");
    expect(toTemplate.body).toMatchObject({ hint: expect.stringContaining("podling service rm first") });
    const toSelector = await podling.ask("PUT", `${services}/second`, { body: { name: "second", selector } });
    expectRefusal(toSelector, 422, "unprocessable");
    expect(toSelector.body).toMatchObject({ error: expect.stringContaining("replicas of its own") });
  });

  test.each(["scale?replicas=2", "restart", "pause", "resume", "promote", "rollback"])("%s", async (verb) => {
    await put("still", { selector });
    const answer = await podling.ask("POST", `${services}/still/${verb}`);
    expectRefusal(answer, 422, "unprocessable");
    expect(answer.body).toMatchObject({ hint: expect.stringContaining("podling service ps still") });
  });
});

describe("endpoints", () => {
  test("are the ready tasks with all labels, by name, within the namespace", async () => {
    await put("front", { selector: { app: "front", tier: "web" } });
    await put("staging", { selector: { app: "front", tier: "web" }, namespace: "staging" });
    const b = await running("f-b", { app: "front", tier: "web", more: "x" });
    await running("f-a", { app: "front", tier: "web", "podling.namespace": "default" });
    await running("f-other", { app: "front", tier: "db" });
    await running("f-staging", { app: "front", tier: "web", "podling.namespace": "staging" });
    await podling.create("f-waits", { labels: { app: "front", tier: "web" }, constraints: ["gpu"] });
    const sick = await running("f-sick", { app: "front", tier: "web" }, { ready: false });
    expect(await namesOf("front")).toEqual(["f-a", "f-b"]);
    expect(await namesOf("staging")).toEqual(["f-staging"]);
    expect((await tasksOf(podling, "front")).map(({ name }) => name)).toEqual(["f-a", "f-b", "f-sick", "f-waits"]);
    expect(await get(podling, "front")).toMatchObject({ replicas: { wanted: 4, live: 4, serving: 2, going: 0 } });
    await runs(sick);
    expect(await namesOf("front")).toEqual(["f-a", "f-b", "f-sick"]);
    await podling.report(b, "completed", { exitCode: 0 });
    expect(await namesOf("front")).toEqual(["f-a", "f-sick"]);
    expect((await tasksOf(podling, "front")).map(({ name }) => name)).toEqual(["f-a", "f-sick", "f-waits"]);
  });

  test("have the ports of the service: a task's own where it names none", async () => {
    const both = [...published(41_080), ...published(41_081, 8080)];
    await running("ports", { app: "ports" }, { publishedPorts: both });
    await put("all", { selector: { app: "ports" } });
    await put("one", { selector: { app: "ports" }, ports: [{ name: "web", port: 80, targetPort: 8080 }] });
    await put("gone", { selector: { app: "ports" }, ports: [{ port: 9 }] });
    const [all] = await endpointsOf("all");
    expect(all).toMatchObject({ slot: "", revision: 0, address: "10.0.0.5" });
    expect(all!.ports.map(({ hostPort }) => hostPort)).toEqual([41_080, 41_081]);
    const [one] = await endpointsOf("one");
    expect(one!.ports).toEqual([
      { name: "web", port: 80, address: "10.0.0.5", hostPort: 41_081, containerPort: 8080, protocol: "tcp" },
    ]);
    expect((await endpointsOf("gone"))[0]!.ports).toEqual([]);
  });

  test("of replicas of several services: both versions, and the draining ones marked", async () => {
    const labels = { app: "both" };
    await podling.do(
      "POST",
      services,
      input("blue", { labels, rollout: { drainMs: 60_000, minReadyMs: 0, monitorMs: 0 } }),
    );
    await podling.do("POST", services, input("green", { labels, replicas: 1 }));
    await put("both", { selector: labels });
    await reaches(podling, "blue");
    await reaches(podling, "green");
    expect(await namesOf("both")).toEqual(["blue.1", "green.1", "blue.2"]);
    await podling.do("POST", `${services}/blue/scale?replicas=1`);
    const draining = (await endpointsOf("both")).map(({ name, draining }) => [name, draining]);
    expect(draining).toEqual([
      ["blue.1", false],
      ["green.1", false],
      ["blue.2", true],
    ]);
    expect(await get(podling, "both")).toMatchObject({ replicas: { wanted: 2, serving: 2, going: 1 } });
  });
});

/** True when what is shown is the task, with these values. */
function holds(data: unknown, { taskId }: TaskView, more: object = {}): boolean {
  return Object.entries({ taskId, ...more }).every(([field, value]) =>
    same((data as Record<string, unknown>)[field], value),
  );
}

describe("the stream", () => {
  test("follows tasks that come, are ready, and go, the selector and the end of the service", async () => {
    await put("live", { selector: { app: "live" } });
    const first = await running("s-1", { app: "live" });
    const tap = await podling.stream(`${services}/live/endpoints?watch=true`);
    const sync = await tap.next("the list", ({ event }) => event === "sync");
    expect((sync.data as unknown as EndpointList).endpoints.map(({ name }) => name)).toEqual(["s-1"]);
    const shows = (task: TaskView, more: object = {}) =>
      tap.next(`${task.name} to be shown`, ({ event, data }) => event === "endpoint" && holds(data, task, more));
    const leavesOut = (task: TaskView) =>
      tap.next(`${task.name} to be left out`, ({ event, data }) => event === "gone" && holds(data, task));
    const second = await running("s-2", { app: "live" }, { ready: false });
    await runs(second);
    await shows(second, { draining: false });
    await podling.report(first, "failed", { exitCode: 1 });
    await leavesOut(first);
    const other = await running("s-3", { app: "other" });
    await put("live", { selector: { app: "other" } });
    await leavesOut(second);
    await shows(other);
    await put("live", { selector: { app: "other" }, ports: [{ port: 9 }] });
    await shows(other, { ports: [] });
    await podling.ask("DELETE", `${services}/live`);
    await leavesOut(other);
    await tap.next("the end", ({ event }) => event === "removed");
    expect((await podling.do<TaskView>("GET", `/api/v1/tasks/${other.taskId}`)).status).toBe("running");
  });
});
