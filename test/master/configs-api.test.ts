// Configs over the API, on a master in this process: each operation, what it refuses, and what the worker of a node is sent.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ContentEvent } from "../../src/api/views/stream-events.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import type { ConfigContent, ConfigView } from "../../src/model/config/config.ts";
import { limits } from "../../src/model/limits.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import { type EventTap, expectRefusal, TestMaster } from "./in-process.ts";

const configs = "/api/v1/configs";
let podling: TestMaster;
let nodeId: string;
beforeAll(async () => {
  podling = new TestMaster();
  const headers = { [instanceHeader]: "place.process1" };
  const body = { hostname: "n1", port: 8081, capacity: 1000, version: "1", features: knownFeatures };
  ({ nodeId } = (await podling.ask<{ nodeId: string }>("POST", "/api/v1/nodes/register", { body, headers })).body);
});
afterAll(() => podling.stop());

const create = (name: string, data: string, more: object = {}) =>
  podling.do<ConfigView>("POST", configs, { name, data, ...more });
const update = (name: string, data: string) => podling.do<ConfigView>("PUT", `${configs}/${name}`, { data });
const get = (name: string, query = "") => podling.do<ConfigContent>("GET", `${configs}/${name}${query}`);

describe("a config", () => {
  test("is created, shown with its content, updated, listed and removed", async () => {
    expect(await create("app.env", "MODE=live\n", { labels: { tier: "web" } })).toEqual({
      ...{ name: "app.env", version: 1, bytes: 10, labels: { tier: "web" }, createdAt: expect.any(String) },
      by: "anonymous",
    });
    expect(await update("app.env", "MODE=quiet\n")).toMatchObject({ version: 2, labels: { tier: "web" } });
    expect(await get("app.env")).toMatchObject({ version: 2, data: "MODE=quiet\n", encoding: "utf8" });
    expect(await get("app.env", "?version=1")).toMatchObject({ version: 1, data: "MODE=live\n" });
    await create("another", "x");
    const listed = await podling.do<ConfigView[]>("GET", configs);
    expect(listed.map(({ name, version }) => `${name} ${version}`)).toEqual(["another 1", "app.env 2"]);
    expect(JSON.stringify(listed)).not.toContain("MODE");
    const versions = await podling.do<ConfigView[]>("GET", `${configs}/app.env/versions`);
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect((await podling.ask("DELETE", `${configs}/app.env`)).status).toBe(204);
    expectRefusal(await podling.ask("GET", `${configs}/app.env`), 404, "config-not-found");
  });

  test("of bytes comes back as it was, and text in base64 is text", async () => {
    const bytes = Buffer.from([0, 1, 2, 255]).toString("base64");
    await create("bytes", bytes, { encoding: "base64" });
    expect(await get("bytes")).toMatchObject({ data: bytes, encoding: "base64", bytes: 4 });
    await create("text", Buffer.from("text").toString("base64"), { encoding: "base64" });
    expect(await get("text")).toMatchObject({ data: "text", encoding: "utf8" });
    expect(await update("text", "text")).toMatchObject({ version: 1 });
  });

  test("that is too large, not base64, or has a wrong name is refused, without its content", async () => {
    const secret = "hunter2";
    const large = "x".repeat(limits.contentBytes + 1);
    const cases: [number, string, object][] = [
      [422, "unprocessable", { name: "a", data: large }],
      [422, "unprocessable", { name: "a", data: `${secret}!`, encoding: "base64" }],
      [400, "invalid-field", { name: "a b", data: secret }],
      [400, "invalid-field", { name: "a", data: { secret } }],
      [400, "unknown-field", { name: "a", data: secret, content: 1 }],
    ];
    for (const [status, code, body] of cases) {
      const refused = await podling.ask("POST", configs, { body });
      expectRefusal(refused, status, code as never);
      expect(JSON.stringify(refused.body)).not.toContain(secret);
    }
    await create("largest", "x".repeat(limits.contentBytes));
  });

  test("of a name that is taken: 409; of none: 404; in use: 409", async () => {
    await create("used", "x");
    expectRefusal(await podling.ask("POST", configs, { body: { name: "used", data: "y" } }), 409, "name-taken");
    expectRefusal(await podling.ask("PUT", `${configs}/none`, { body: { data: "y" } }), 404, "config-not-found");
    expectRefusal(await podling.ask("GET", `${configs}/used?version=9`), 404, "config-not-found");
    await podling.do("POST", "/api/v1/tasks", { name: "user", image: "x", configs: [{ name: "used" }] });
    expectRefusal(await podling.ask("DELETE", `${configs}/used`), 409, "in-use");
  });
});

test("events have no content", async () => {
  const watch = await podling.stream("/api/v1/watch");
  await create("seen", "the content");
  const event = await watch.next("the event", ({ data }) => data.type === "config.created");
  expect(event.data).toMatchObject({ config: { name: "seen", version: 1 }, by: { name: "anonymous" } });
  expect(JSON.stringify(watch.events)).not.toContain("the content");
  watch.close();
});

describe("the worker of a node", () => {
  const worker = { [instanceHeader]: "place.process1" };
  const contentsOf = (tap: EventTap) =>
    tap.events.filter(({ event }) => event === "content").map(({ data }) => data as unknown as ContentEvent);
  const follow = async (id: string, headers: Record<string, string> = {}) => {
    const tap = await podling.stream(`/api/v1/nodes/${id}/assignments`, headers);
    await tap.next("the first set", ({ event }) => event === "sync");
    return tap;
  };
  const run = (name: string, more: object) =>
    podling.do<TaskView>("POST", "/api/v1/tasks", { name, image: "busybox", ...more });

  test("gets a config before the first task that names it, and later versions where they are followed", async () => {
    await create("sent", "one");
    await create("followed", "one");
    const stream = await follow(nodeId, worker);
    const reader = await follow("n1");
    const before = contentsOf(stream).length;
    const { taskId } = await run("first", {
      configs: [{ name: "sent" }, { name: "followed", onChange: "signal" }],
    });
    await stream.next("the task", ({ event }) => event === "task");
    expect(contentsOf(stream).slice(before)).toEqual([
      { kind: "config", name: "sent", version: 1, newest: false, data: "one", encoding: "utf8" },
      { kind: "config", name: "followed", version: 1, newest: true, data: "one", encoding: "utf8" },
    ]);
    expect(stream.events.at(-1)).toMatchObject({ event: "task", data: { taskId } });
    await update("sent", "two");
    await update("followed", "two");
    await stream.next("the next version", ({ data }) => data.version === 2);
    expect(contentsOf(stream).slice(before + 2)).toMatchObject([{ name: "followed", version: 2, data: "two" }]);
    expect(contentsOf(reader)).toEqual([]);

    const again = await follow(nodeId, worker);
    expect(contentsOf(again)).toContainEqual(expect.objectContaining({ name: "sent", version: 1, data: "one" }));
    expect(contentsOf(again)).toContainEqual(expect.objectContaining({ name: "followed", version: 2, data: "two" }));
    for (const tap of [stream, reader, again]) tap.close();
  });
});
