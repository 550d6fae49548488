// The tags of services on a real engine with a real registry: what a tag stands for is kept with the revision.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { RevisionView, ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import type { Registry } from "../../tools/lab/registry.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

describeLab("tags of services", () => {
  let world: World;
  let registry: Registry;
  beforeAll(async () => {
    world = await World.start();
    registry = await world.lab.registry();
  }, 60_000);
  afterAll(() => world?.down());

  const put = (name: string, image: string, query = "") =>
    world.master.json<ServiceView>("PUT", `/api/v1/services/${name}${query}`, {
      ...{ name, image, replicas: 1, stopGraceSeconds: 0, command: ["sleep", "1000"] },
      rollout: { minReadyMs: 0, monitorMs: 0, drainMs: 0 },
    });
  const newest = async (name: string) =>
    (await world.master.json<RevisionView[]>("GET", `/api/v1/services/${name}/revisions`)).at(-1)!;
  const running = (name: string, revision: number) =>
    until(`${name} to run revision ${revision}`, async () => {
      const tasks = await world.master.json<TaskView[]>("GET", `/api/v1/services/${name}/tasks`);
      return tasks.find(({ status, owner }) => status === "running" && owner?.revision === revision);
    });
  /** The image of the lab with a label, so that it is another image. */
  const variant = async (version: string): Promise<string> => {
    const { engine } = world;
    const { Id } = await engine.json<{ Id: string }>("/containers/create", "POST", { Image: world.image });
    const query = new URLSearchParams({
      container: Id,
      repo: `variant-${version}`,
      changes: `LABEL version=${version}`,
    });
    await engine.json(`/commit?${query}`, "POST", {});
    await engine.json(`/containers/${Id}`, "DELETE");
    return `variant-${version}:latest`;
  };

  test("a tag of a registry is pinned; one that moves is noticed only when asked; rollback runs the old image", async () => {
    const image = await registry.push(world.engine, await variant("one"), "web:1");
    await put("web", image);
    const first = (await newest("web")).images![0]!;
    expect([first.image, first.why]).toEqual([image, ""]);
    expect(first.digest).toMatch(/^sha256:/);
    expect((await running("web", 1)).image).toBe(`${image}@${first.digest}`);

    await registry.push(world.engine, await variant("two"), "web:1");
    expect((await put("web", image)).target).toBe(1);
    expect((await put("web", image, "?resolve=always")).target).toBe(2);
    const second = (await newest("web")).images![0]!;
    expect(second.digest).not.toBe(first.digest);
    const task = await running("web", 2);
    const labels = async ({ containerId }: TaskView) =>
      (await world.engine.json<{ Config: { Labels: Record<string, string> } }>(`/containers/${containerId}/json`))
        .Config.Labels;
    expect((await labels(task)).version).toBe("two");

    await world.master.json("POST", "/api/v1/services/web/rollback");
    expect((await labels(await running("web", 1))).version).toBe("one");
  }, 60_000);

  test("an image that was built on the node is not pinned, and the revision says so", async () => {
    const image = await variant("local");
    await put("local", image);
    const { images } = await newest("local");
    expect(images).toMatchObject([{ image, digest: null }]);
    expect(images![0]!.why).toContain("was built on this node");
    expect((await running("local", 1)).image).toBe(image);
  }, 60_000);

  test("when the registry is away, the digest of the engine's own copy counts; without a copy the tag stays", async () => {
    const image = await registry.push(world.engine, await variant("away"), "away:1");
    const pulled = await world.engine.fetch(`/images/create?fromImage=${image}`, { method: "POST" });
    await pulled.text();
    await registry.stop();
    await put("copy", image);
    expect((await newest("copy")).images![0]!.digest).toMatch(/^sha256:/);
    const nowhere = image.replace("away:1", "nowhere:1");
    await put("nowhere", nowhere);
    const [missing] = (await newest("nowhere")).images!;
    expect(missing!.digest).toBeNull();
    expect(missing!.why).toContain(nowhere);
  }, 60_000);
});
