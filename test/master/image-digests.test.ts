// Tags of services are looked up by a worker; whatever it answers, or does not, the service is accepted. A stored login goes to
// those workers only that may run the image.

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { loginFrom, type SentLogin } from "../../src/api/registry-login.ts";
import { limits } from "../../src/model/limits.ts";
import type { RevisionView, ServiceView } from "../../src/model/service/view.ts";
import { TestMaster } from "./in-process.ts";
import { input, services, tasksOf } from "./service-worker.ts";

const digest = `sha256:${"a".repeat(64)}`;
let podling: TestMaster;
let answer: () => Response | Promise<Response>;
let asked: string[];
/** The logins that came with the questions, each with the node that got it. */
let logins: [node: string, login: SentLogin | null][];
const workers: Bun.Server<undefined>[] = [];
let serial = 0;

async function addNode(hostname: string, labels: Record<string, string> = {}): Promise<void> {
  const worker = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: ({ url, headers }) => {
      asked.push(new URL(url).pathname + new URL(url).search);
      logins.push([hostname, loginFrom(headers)]);
      return answer();
    },
  });
  workers.push(worker);
  const engine = { name: "docker", version: "20", os: "linux", arch: "amd64" };
  const at = { address: "127.0.0.1", port: worker.port };
  await podling.do("POST", "/api/v1/nodes/register", {
    ...{ hostname, ...at, labels, capacity: 1000, version: "1", engine },
  });
}

beforeAll(async () => {
  podling = new TestMaster();
  await addNode("n1", { trust: "high" });
});
beforeEach(() => {
  asked = [];
  logins = [];
  answer = () => Response.json({ digest, why: "" });
});
afterAll(async () => {
  await podling.stop();
  for (const worker of workers) await worker.stop(true);
});

const revisions = (name: string) => podling.do<RevisionView[]>("GET", `${services}/${name}/revisions`);
const put = (name: string, more: object = {}, query = "") =>
  podling.do<ServiceView>("PUT", `${services}/${name}${query}`, input(name, { replicas: 1, ...more }));
const fresh = () => `s${serial++}`;

test("a tag is asked for once, and pins the tasks; the same body again asks nothing", async () => {
  const name = fresh();
  await put(name);
  expect(asked).toEqual(["/images/digest?image=app%3A1"]);
  expect((await tasksOf(podling, name)).map(({ image }) => image)).toEqual([`app:1@${digest}`]);
  expect((await revisions(name))[0]!.images).toEqual([{ image: "app:1", digest, why: "" }]);
  await put(name);
  await put(name, { env: { A: "1" } });
  expect(asked.length).toBe(1);
  expect((await revisions(name)).map(({ images }) => images?.[0]?.digest)).toEqual([digest, digest]);
});

test("?resolve=always asks again, and a tag that has moved is a new revision; ?resolve=never asks nothing", async () => {
  const name = fresh();
  await put(name, {}, "?resolve=never");
  expect(asked).toEqual([]);
  expect((await revisions(name))[0]!.images).toEqual([
    { image: "app:1", digest: null, why: "not looked up, as asked for" },
  ]);
  expect((await put(name)).target).toBe(1);
  expect(asked).toEqual([]);
  expect((await put(name, {}, "?resolve=always")).target).toBe(2);
  const moved = `sha256:${"b".repeat(64)}`;
  answer = () => Response.json({ digest: moved, why: "" });
  expect((await put(name, {}, "?resolve=always")).target).toBe(3);
  expect((await put(name, {}, "?resolve=always")).target).toBe(3);
  expect((await tasksOf(podling, name)).some(({ image }) => image === `app:1@${moved}`)).toBe(true);
});

test.each<[string, () => Response, RegExp]>([
  ["a worker that does not know", () => Response.json({ digest: null, why: "built here" }), /^n1: built here$/],
  ["an older worker", () => Response.json({ error: "no such route" }, { status: 404 }), /n1 is of a release/],
  ["another program", () => new Response("<html>"), /cannot be read/],
  ["no digest", () => Response.json({ digest: "latest", why: "" }), /cannot be read/],
  ["a very long answer", () => new Response("x".repeat(200_000)), /cannot be read/],
  ["an engine that fails", () => Response.json({ error: "down", code: "engine-refused" }, { status: 502 }), /down/],
])("%s leaves the tag, with the reason", async (_, given, why) => {
  answer = given;
  const name = fresh();
  await put(name);
  const [revision] = await revisions(name);
  expect(revision!.images).toEqual([{ image: "app:1", digest: null, why: expect.stringMatching(why) }]);
  expect((await tasksOf(podling, name))[0]!.image).toBe("app:1");
});

/** As an older worker, so that the next node is asked. */
const noAnswer = () => new Response(null, { status: 404 });
const store = (username: string, password: string) =>
  podling.do("PUT", "/api/v1/registries/private.example", { username, password });

test("the longest login reaches the worker with the longest image", async () => {
  const login = {
    username: "u".repeat(limits.registryUserBytes),
    password: '"'.repeat(limits.registryPasswordBytes),
  };
  await store(login.username, login.password);
  const name = fresh();
  const image = `private.example/${"a/".repeat((limits.imageLength - 20) / 2)}app`;
  await put(name, { image });
  expect(logins).toEqual([["n1", login]]);
  expect((await revisions(name))[0]!.images).toEqual([{ image, digest, why: "" }]);
});

test("a stored login is sent to nodes only that may run the image; without one any node is asked", async () => {
  // Before n1 in the order of names.
  await addNode("a1");
  await addNode("a2", { trust: "low" });
  await store("anna", "secret");
  const login = { username: "anna", password: "secret" };
  answer = noAnswer;
  const askedOf = async (more: object) => {
    logins = [];
    const name = fresh();
    await put(name, more);
    return { name, nodes: logins.map(([node]) => node), sent: logins.filter(([, one]) => one !== null) };
  };
  const image = "private.example/app:1";
  const constraints = ["trust==high"];
  expect(await askedOf({ image, constraints })).toMatchObject({ nodes: ["n1"], sent: [["n1", login]] });
  expect(await askedOf({ image, constraints: ["node!=a2"] })).toMatchObject({ nodes: ["a1", "n1"] });
  expect((await askedOf({ image, platform: "linux/arm64" })).nodes).toEqual([]);
  expect(await askedOf({ image: "open.example/app:1", constraints })).toMatchObject({ nodes: ["a1", "a2"], sent: [] });
  const nowhere = await askedOf({ image, constraints: ["trust==highest"] });
  expect(nowhere.nodes).toEqual([]);
  expect((await revisions(nowhere.name))[0]!.images![0]!.why).toContain(
    "the stored login to its registry is sent to no",
  );
  await podling.ask("POST", "/api/v1/nodes/n1/cordon");
  expect((await askedOf({ image, constraints })).nodes).toEqual([]);
});
