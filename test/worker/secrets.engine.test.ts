// Secrets on a real engine: files in memory that only the container's user reads, variables, a rollout, a missing key, and a
// canary that is nowhere in the clear.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const canary = "canary-51d0e7aa";
const tmpfs = 0x01021994;

describeLab("secrets on a real engine", () => {
  let world: World;
  let keyFile: string;
  beforeAll(async () => {
    world = await World.start();
    keyFile = world.master.keyFile;
  }, 30_000);
  afterAll(() => world?.down());

  const create = (name: string, data: string) => world.master.json("POST", "/api/v1/secrets", { name, data });
  const output = async (task: TaskView) => (await world.logs(task)).text();
  const sources = async (task: TaskView) => (await world.inspect(task)).Mounts.map(({ Source }) => Source);

  test("a container reads its file in memory and its variable; the file goes with the container", async () => {
    await create("password", "the text");
    const secrets = [
      { name: "password", mode: 0o400 },
      { name: "password", env: "PASSWORD" },
    ];
    const script = 'cat /run/secrets/password; stat -c " %a" /run/secrets/password; echo "$PASSWORD"; exec sleep 1000';
    const task = await world.run("reads", script, { secrets });
    await until("its output", async () => (await output(task)) === "the text 400\nthe text\n" || null);
    const [path] = await sources(task);
    expect(Number(statfsSync(path!).type)).toBe(tmpfs);
    expect(statSync(join(path!, "..")).mode & 0o777).toBe(0o700);
    await world.master.fetch(`/api/v1/tasks/${task.taskId}/stop`, { method: "POST" });
    await until("its file to be removed", async () => !existsSync(path!) || null);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  test("a new version is rolled out", async () => {
    await create("token", "one\n");
    await world.master.json("POST", "/api/v1/services", {
      ...{ name: "web", image: world.image, replicas: 1, stopGraceSeconds: 0, secrets: [{ name: "token" }] },
      ...{ command: ["sh", "-c"], args: ["cat /run/secrets/token; exec sleep 1000"] },
      rollout: { minReadyMs: 300, monitorMs: 300, drainMs: 0 },
    });
    const steady = (target: number) =>
      until(`revision ${target}`, async () => {
        const now = await world.master.json<ServiceView>("GET", "/api/v1/services/web");
        return (now.rollout === null && now.target === target) || null;
      });
    await steady(1);
    await world.master.json("PUT", "/api/v1/secrets/token", { data: "two\n" });
    await steady(2);
    const tasks = await world.master.json<TaskView[]>("GET", "/api/v1/services/web/tasks");
    const serving = tasks.find(({ desired, status }) => desired === "running" && status === "running")!;
    await until("the second version", async () => (await output(serving)) === "two\n" || null);
  }, 30_000);

  test("without the key a task waits with the reason, and goes on when the key is back", async () => {
    renameSync(keyFile, `${keyFile}.away`);
    const script = "cat /run/secrets/password; exec sleep 1000";
    const task = await world.create("waits", script, { secrets: [{ name: "password" }] });
    await until("the reason", async () => (await world.task(task)).reason.code === "content-unavailable" || null);
    expect((await world.task(task)).reason.message).toBe(
      `its secret password cannot be opened: the key file ${keyFile} is missing`,
    );
    expect((await world.task(task)).status).toBe("scheduled");
    await world.run("without-secrets", "exec sleep 1000");
    renameSync(`${keyFile}.away`, keyFile);
    await world.reaches(task, "running", 20_000);
  }, 40_000);

  test("a canary is nowhere in the clear: not in the data folders, the logs, a backup, the events and the answers", async () => {
    const watch = await world.master.fetch("/api/v1/watch");
    const reader = watch.body!.getReader();
    await create("canary", canary);
    const task = await world.run("sings", "exec sleep 1000", { secrets: [{ name: "canary" }] });
    let seen = "";
    while (!seen.includes('"running"')) seen += Buffer.from((await reader.read()).value ?? []).toString();
    await reader.cancel();
    for (const path of ["secrets", "secrets/canary", `tasks/${task.taskId}`, `tasks/${task.taskId}/explain`, "tasks"])
      seen += await (await world.master.fetch(`/api/v1/${path}`)).text();
    seen += await (await world.master.fetch("/api/v1/backup")).text();
    seen += await (await world.master.fetch("/metrics")).text();
    expect(seen).toContain("sings");
    const files = [world.master.dataDir, world.worker.dataDir].flatMap(filesIn);
    seen += world.master.output() + world.worker.output();
    expect(files.some((path) => path.endsWith("journal.db"))).toBe(true);
    const texts = [seen, ...files.map((path) => readFileSync(path).toString("latin1"))];
    for (const form of [
      canary,
      Buffer.from(canary).toString("base64").slice(0, -2),
      Buffer.from(canary).toString("hex"),
    ])
      expect(texts.filter((text) => text.includes(form))).toEqual([]);
    expect(readFileSync((await sources(task))[0]!, "utf8")).toBe(canary);
  }, 30_000);
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
