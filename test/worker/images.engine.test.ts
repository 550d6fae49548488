// Images from real registries: found, missing, refused, unreachable for a while, slow; and what the task says meanwhile.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { readEvents } from "../../src/lib/sse.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { Lab } from "../../tools/lab/lab.ts";
import type { Registry } from "../../tools/lab/registry.ts";
import { until } from "../../tools/lab/until.ts";
import { slowLine } from "./slow-line.ts";
import { World } from "./world.ts";

const login = { user: "someone", password: "s3cret" };

describeLab("images", () => {
  let world: World;
  let registry: Registry;
  let closed: Registry;
  let dockerConfig: string;
  beforeAll(async () => {
    const lab = await Lab.start();
    // The worker gets the path of the logins before there is one.
    dockerConfig = lab.folder("docker-config");
    world = await World.start({ env: { DOCKER_CONFIG: dockerConfig } }, lab);
    registry = await world.lab.registry();
    closed = await world.lab.registry(login);
  });
  afterAll(() => world?.down());

  /** Every reason that a task has had, as a watcher sees them. */
  async function reasonsOf(create: () => Promise<TaskView>, done: (task: TaskView) => boolean): Promise<string[]> {
    const abort = new AbortController();
    const watch = await world.master.fetch("/api/v1/watch", { signal: abort.signal });
    const { taskId } = await create();
    const reasons: string[] = [];
    for await (const { data } of readEvents(watch.body!)) {
      const { task } = JSON.parse(data) as { task?: TaskView };
      if (task?.taskId !== taskId) continue;
      reasons.push(`${task.reason.code}: ${task.reason.message}`);
      if (done(task)) break;
    }
    abort.abort();
    return reasons;
  }

  /** An image with a layer of its own, which no engine has yet. */
  async function largerImage(): Promise<string> {
    const { engine } = world;
    const { Id } = await engine.json<{ Id: string }>("/containers/create", "POST", {
      Image: world.image,
      Cmd: ["dd", "if=/dev/urandom", "of=/noise", "bs=1M", "count=3"],
    });
    await engine.json(`/containers/${Id}/start`, "POST");
    await engine.json(`/containers/${Id}/wait`, "POST");
    await engine.json(`/commit?container=${Id}&repo=podling-larger&tag=latest`, "POST", {});
    await engine.json(`/containers/${Id}`, "DELETE");
    return "podling-larger:latest";
  }

  const isOver = ({ status }: TaskView) => status === "completed" || status === "failed" || status === "stopped";

  test("are pulled from a registry if they are missing, and the task's reason says so", async () => {
    const image = await registry.push(world.engine, world.image, "web:1");
    const reasons = await reasonsOf(() => world.create("pulled", "exit 0", { image }), isOver);
    expect(reasons.some((reason) => reason.startsWith(`pulling: pulling ${image}`))).toBe(true);
    expect(reasons.at(-1)).toStartWith("exited");
    expect((await world.engine.fetch(`/images/${image}/json`)).status).toBe(200);
  });

  test("that come slowly show their progress", async () => {
    const image = await registry.push(world.engine, await largerImage(), "slow:1");
    await world.engine.json("/images/podling-larger:latest?force=1", "DELETE");
    const [host, port] = registry.address.split(":");
    const line = slowLine(host!, Number(port), 1024 * 1024);
    const name = `127.0.0.1:${line.port}/${image.split("/")[1]}`;
    const reasons = await reasonsOf(() => world.create("slow", "exit 0", { image: name }), isOver);
    line.close();
    expect(reasons.join("\n")).toMatch(/pulling: pulling \S+: \d+% of [\d.]+ [KM]iB/);
    expect(reasons.at(-1)).toStartWith("exited");
  }, 40_000);

  test("that the registry does not have fail as image-not-found, at once", async () => {
    const task = await world.reaches(
      await world.create("missing", "", { image: `${registry.address}/none:1` }),
      "failed",
    );
    expect(task).toMatchObject({ reason: { code: "image-not-found" }, containerId: null });
    expect(task.reason.message).toContain("none:1");
  });

  test("that must not be pulled fail as image-not-present", async () => {
    const input = { image: `${registry.address}/none:1`, pullPolicy: "never" };
    const task = await world.reaches(await world.create("never", "", input), "failed");
    expect(task.reason.code).toBe("image-not-present");
  });

  test("of a registry that asks for a login fail as registry-denied, until there is one", async () => {
    const image = await closed.push(world.engine, world.image, "private:1");
    const refused = await world.reaches(await world.create("refused", "exit 0", { image }), "failed");
    expect(refused.reason.code).toBe("registry-denied");
    expect(refused.reason.message).toContain("private:1");
    const auth = (password: string) =>
      writeFileSync(
        join(dockerConfig, "config.json"),
        JSON.stringify({ auths: { [closed.address]: { auth: btoa(`${login.user}:${password}`) } } }),
      );
    mkdirSync(dockerConfig, { recursive: true });
    auth("wrong");
    expect((await world.reaches(await world.create("wrong", "exit 0", { image }), "failed")).reason.code).toBe(
      "registry-denied",
    );
    auth(login.password);
    await world.reaches(await world.create("admitted", "exit 0", { image }), "completed");
  });

  test("of a registry that is away are tried again with a growing pause, and pulled when it is back", async () => {
    const image = await registry.push(world.engine, world.image, "later:1");
    await registry.stop();
    const task = await world.create("later", "exit 0", { image });
    const waiting = await until("the second try", async () => {
      const { status, reason } = await world.task(task);
      return status === "scheduled" && reason.code === "pull-retry" && reason.message.includes("attempt 2")
        ? reason
        : null;
    });
    expect(waiting.message).toMatch(/attempt 2 of \d+ failed, again in \d+ s: .*later:1/);
    await registry.start();
    await world.reaches(task, "completed", 30_000);
  }, 60_000);

  test("that are still being tried are given up when the task is stopped", async () => {
    const image = `127.0.0.1:${freePort()}/none:1`;
    const task = await world.create("gives-up", "", { image });
    await until("a try to fail", async () => (await world.task(task)).reason.code === "pull-retry");
    await world.master.json("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect((await world.reaches(task, "stopped")).containerId).toBeNull();
  });

  test("are pulled again each time if the policy is always", async () => {
    const image = await registry.push(world.engine, world.image, "moving:1");
    for (const name of ["first", "second"]) {
      const reasons = await reasonsOf(() => world.create(name, "exit 0", { image, pullPolicy: "always" }), isOver);
      expect(reasons.some((reason) => reason.startsWith("pulling"))).toBe(true);
      expect(reasons.at(-1)).toStartWith("exited");
    }
  });
});
