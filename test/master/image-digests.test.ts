// Tags of services are looked up by a worker; whatever it answers, or does not, the service is accepted.

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { RevisionView, ServiceView } from "../../src/model/service/view.ts";
import { TestMaster } from "./in-process.ts";
import { input, services, tasksOf } from "./service-worker.ts";

const digest = `sha256:${"a".repeat(64)}`;
let podling: TestMaster;
let worker: Bun.Server<undefined>;
let answer: () => Response | Promise<Response>;
let asked: string[];
let serial = 0;

beforeAll(async () => {
  worker = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: ({ url }) => {
      asked.push(new URL(url).pathname + new URL(url).search);
      return answer();
    },
  });
  podling = new TestMaster();
  const engine = { name: "docker", version: "20", os: "linux", arch: "amd64" };
  const body = { hostname: "n1", address: "127.0.0.1", port: worker.port, capacity: 1000, version: "1", engine };
  await podling.do("POST", "/api/v1/nodes/register", body);
});
beforeEach(() => {
  asked = [];
  answer = () => Response.json({ digest, why: "" });
});
afterAll(async () => {
  await podling.stop();
  await worker.stop(true);
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
