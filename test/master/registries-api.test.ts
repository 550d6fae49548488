// Logins to registries over the API: each operation, and what the worker of a node is sent.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import { MemoryKeys } from "../../src/keys/memory-keys.ts";
import type { CredentialView } from "../../src/model/credential/credential.ts";
import { limits } from "../../src/model/limits.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

const registries = "/api/v1/registries";
const password = "canary-0c5d";
const worker = { [instanceHeader]: "place.process1" };
let podling: TestMaster;
beforeAll(() => {
  podling = new TestMaster({ keys: new MemoryKeys((bytes) => crypto.getRandomValues(new Uint8Array(bytes))) });
});
afterAll(() => podling.stop());

test("a login is stored, replaced, listed without its password, and removed", async () => {
  const put = (registry: string, username: string) =>
    podling.do<CredentialView>("PUT", `${registries}/${registry}`, { username, password });
  await put("registry.example:5000", "reader");
  await put("registry.example:5000", "writer");
  expect(await put("index.docker.io", "reader")).toMatchObject({ registry: "docker.io" });
  const listed = await podling.do<CredentialView[]>("GET", registries);
  expect(listed.map(({ registry, username }) => `${registry} ${username}`)).toEqual([
    "docker.io reader",
    "registry.example:5000 writer",
  ]);
  const backup = await podling.ask<string>("GET", "/api/v1/backup");
  for (const answer of [listed, backup.body]) expect(JSON.stringify(answer)).not.toContain(password);
  expect((await podling.ask("DELETE", `${registries}/docker.io`)).status).toBe(204);
  expectRefusal(await podling.ask("DELETE", `${registries}/docker.io`), 404, "credential-not-found");
  const wrong = await podling.ask("PUT", `${registries}/a`, { body: { username: "x", password: [password] } });
  expectRefusal(wrong, 400, "invalid-field");
  expect(JSON.stringify(wrong.body)).not.toContain(password);
});

test.each([
  ["characters", { username: "x", password: password.padEnd(limits.registryPasswordBytes + 1, "x") }, "password"],
  ["bytes", { username: "x", password: password.padEnd(limits.registryPasswordBytes - 1, "ü") }, "password"],
  ["characters", { username: "x".repeat(limits.registryUserBytes + 1), password }, "username"],
])("a login of too many %s is refused, with the limit", async (unit, body, field) => {
  const answer = await podling.ask("PUT", `${registries}/a`, { body });
  expectRefusal(answer, 400, "invalid-field");
  const most = field === "password" ? limits.registryPasswordBytes : limits.registryUserBytes;
  expect(answer.body).toMatchObject({
    error: expect.stringMatching(new RegExp(`"${field}": expected .* of at most ${most} ${unit};`)),
  });
  expect(JSON.stringify(answer.body)).not.toContain(password);
});

test("the worker gets it before a task with an image of the registry, a new one, and its removal", async () => {
  const body = { hostname: "n1", port: 8081, capacity: 1000, version: "1", features: knownFeatures };
  const { nodeId } = (
    await podling.ask<{ nodeId: string }>("POST", "/api/v1/nodes/register", { body, headers: worker })
  ).body;
  const stream = await podling.stream(`/api/v1/nodes/${nodeId}/assignments`, worker);
  await podling.do("POST", "/api/v1/tasks", { name: "other", image: "nginx" });
  await podling.do("POST", "/api/v1/tasks", { name: "a", image: "registry.example:5000/team/app:1" });
  await stream.next("the task", ({ data }) => data.name === "a");
  await podling.do("PUT", `${registries}/registry.example:5000`, { username: "clara", password: "next" });
  await podling.do("DELETE", `${registries}/registry.example:5000`);
  await stream.next("the removal", ({ data }) => data.problem === "was removed");
  const login = { kind: "credential", name: "registry.example:5000", version: 0, newest: true };
  expect(stream.events.filter(({ event }) => event === "content").map(({ data }) => data as object)).toEqual([
    { ...login, data: JSON.stringify({ username: "writer", password }), encoding: "utf8" },
    { ...login, data: JSON.stringify({ username: "clara", password: "next" }), encoding: "utf8" },
    { ...login, problem: "was removed" },
  ]);
  stream.close();
});
