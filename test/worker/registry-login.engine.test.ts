// Logins that the cluster stores, with a registry that asks for one: pulls and digests use them, a wrong one is refused with what to
// type, another password counts from the next pull, and none is seen anywhere.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RevisionView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import type { Registry } from "../../tools/lab/registry.ts";
import { World } from "./world.ts";

const login = { user: "anna", password: "swordfish-8841" };
const wrong = "swordfish-9999";

describeLab("stored logins to a registry", () => {
  let world: World;
  let registry: Registry;
  let seen = "";
  beforeAll(async () => {
    world = await World.start();
    registry = await world.lab.registry(login);
  }, 60_000);
  afterAll(() => world?.down());

  const store = (password: string) =>
    world.master.json("PUT", `/api/v1/registries/${encodeURIComponent(registry.address)}`, {
      ...{ username: login.user, password },
    });
  const pushed = (name: string) => registry.push(world.engine, world.image, name);
  const ended = async (name: string, image: string, status: "failed" | "completed") => {
    const task = await world.reaches(await world.create(name, "exit 0", { image, pullPolicy: "always" }), status);
    seen += JSON.stringify(task);
    return task.reason;
  };
  const digest = async (name: string, image: string, query = "") => {
    const body = { name, image, replicas: 0, command: ["sleep", "1000"] };
    seen += JSON.stringify(await world.master.json("PUT", `/api/v1/services/${name}${query}`, body));
    const revisions = await world.master.json<RevisionView[]>("GET", `/api/v1/services/${name}/revisions`);
    seen += JSON.stringify(revisions);
    return revisions.at(-1)!.images![0]!;
  };

  test("a pull and a digest without one, and with a wrong one, say what to type", async () => {
    const image = await pushed("private:1");
    const command = `podling registry login ${registry.address} -u`;
    const without = await ended("without", image, "failed");
    expect(without.code).toBe("registry-denied");
    expect(without.message).toContain(`no login to ${registry.address} is stored; store one: ${command} USER`);
    expect((await digest("unpinned", image)).why).toContain(`${command} USER --password-stdin`);
    await store(wrong);
    const refused = await ended("wrong", image, "failed");
    expect(refused.message).toContain(`refuses the stored login of anna; store another password: ${command} anna`);
    expect((await digest("wrong", image)).why).toContain(`${command} anna --password-stdin`);
  }, 60_000);

  test("another password counts from the next pull, and for the digest of a tag", async () => {
    const image = await pushed("private:2");
    await store(wrong);
    await ended("before", image, "failed");
    await store(login.password);
    await ended("after", image, "completed");
    const known = await digest("pinned", image);
    expect([known.why, known.digest?.slice(0, 7)]).toEqual(["", "sha256:"]);
    expect((await digest("wrong", image, "?resolve=always")).digest).toBe(known.digest);
  }, 60_000);

  test("a password is nowhere in the clear", async () => {
    for (const path of ["registries", "tasks", "services", "nodes", "key", "backup"])
      seen += await (await world.master.fetch(`/api/v1/${path}`)).text();
    seen += await (await world.master.fetch("/metrics")).text();
    seen += world.master.output() + world.worker.output();
    expect(seen).toContain("registry-denied");
    const files = [world.master.dataDir, world.worker.dataDir].flatMap(filesIn);
    expect(files.some((path) => path.endsWith("journal.db"))).toBe(true);
    const texts = [seen, ...files.map((path) => readFileSync(path).toString("latin1"))];
    for (const password of [login.password, wrong])
      for (const form of [password, btoa(password).replace(/=+$/, "").slice(0, -1)])
        expect(texts.filter((text) => text.includes(form))).toEqual([]);
  }, 30_000);
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
