// Pods in the form of Podling's first edition: a pod is a view of a task.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { PodView } from "../../src/model/task/pod-view.ts";
import { TestMaster } from "./in-process.ts";

let master: TestMaster;
beforeEach(() => {
  master = new TestMaster();
});
afterEach(() => master.stop());

const app = { name: "app", image: "app:1", env: { MODE: "live" } };
const create = (more: object = {}) =>
  master.do<PodView>("POST", "/api/v1/pods", { name: "shop", containers: [app], ...more });

test("a pod goes from pending to succeeded, and its task from pending to completed", async () => {
  const pod = await create({ namespace: "sales", labels: { tier: "web" }, annotations: { owner: "anna" } });
  expect(pod).toMatchObject({
    ...{ name: "shop", namespace: "sales", labels: { tier: "web" }, annotations: { owner: "anna" }, status: "pending" },
    containers: [{ name: "app", image: "app:1", env: { MODE: "live" } }],
    initContainers: [],
  });
  await master.register("n1", { features: ["pods"] });
  const path = `/api/v1/pods/${pod.podId}`;
  expect(await master.do<PodView>("GET", path)).toMatchObject({ status: "scheduled" });
  await master.do("PUT", `${path}/status`, { status: "running" });
  const ended = await master.do<PodView>("PUT", `${path}/status`, { status: "succeeded", message: "all is done" });
  expect(ended).toMatchObject({ status: "succeeded", reason: { code: "reported", message: "all is done" } });
  expect(await master.do<TaskView>("GET", `/api/v1/tasks/${pod.podId}`)).toMatchObject({ status: "completed" });
  await master.do("DELETE", path);
  expect(await master.do<PodView[]>("GET", "/api/v1/pods")).toEqual([]);
});

test.each([
  [
    "a namespace, and a label with another one",
    { namespace: "a", labels: { "podling.namespace": "b" } },
    "namespace: it is a, and the label podling.namespace says b",
  ],
  [
    "annotations, and a label with others",
    { annotations: { owner: "anna" }, labels: { "podling.annotations": "{}" } },
    'annotations: it is {\\"owner\\":\\"anna\\"}, and the label podling.annotations says {}',
  ],
  [
    "as many labels as there may be, beside the namespace",
    { labels: Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`l${at}`, ""])) },
    "they are 65, and 64 are allowed",
  ],
])("%s: refused, and nothing is overwritten", async (_, more, says) => {
  const answer = await master.ask("POST", "/api/v1/pods", { body: { name: "shop", containers: [app], ...more } });
  expect(answer.status).toBe(422);
  expect(JSON.stringify(answer.body)).toContain(says);
});

test("a namespace may also be given as its label", async () => {
  expect(await create({ labels: { "podling.namespace": "sales" } })).toMatchObject({ namespace: "sales", labels: {} });
});

test("the list has pods and tasks of several containers, and filters by namespace", async () => {
  await create();
  await create({ name: "books", namespace: "sales" });
  await master.create("alone");
  await master.create("several", { image: undefined, containers: [app, { ...app, name: "side" }] });
  const names = async (query = "") =>
    (await master.do<PodView[]>("GET", `/api/v1/pods${query}`)).map(({ name, namespace }) => `${namespace}/${name}`);
  expect(await names()).toEqual(["default/shop", "sales/books", "default/several"]);
  expect(await names("?namespace=sales")).toEqual(["sales/books"]);
});

test("annotations that someone has written over by hand are left out", async () => {
  for (const text of ["no json", "[1]", "5"]) {
    const task = await master.create("odd", { labels: { "podling.annotations": text } });
    expect(await master.do<PodView>("GET", `/api/v1/pods/${task.taskId}`)).toMatchObject({
      annotations: {},
      labels: {},
    });
  }
});
