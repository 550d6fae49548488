// A real master and its data folder: held by another master, full, read-only, or with a journal that it must not change. A
// master that refuses to start prints why and what to do, and changes no byte.

import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { readEvents } from "../../src/lib/sse.ts";
import type { Node } from "../../src/model/node/node.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Cluster, freePort, podlingCommand } from "../../tools/lab/cluster.ts";
import type { TinyDisk } from "../../tools/lab/disk.ts";
import { Lab } from "../../tools/lab/lab.ts";
import type { OwnedProcess } from "../../tools/lab/process.ts";
import { until } from "../../tools/lab/until.ts";

const web = { name: "web", image: "nginx" };
const post = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** Waits until the process ends with code 1, and returns its last line, which must be an error without a stack. */
async function refusalOf(launched: OwnedProcess): Promise<string> {
  expect(await launched.exited(20_000)).toBe(1);
  const said = launched.output().trim().split("\n").at(-1)!;
  expect(said).toStartWith("error: ");
  expect(said).not.toContain("    at ");
  return said;
}

/** All files of a folder with their bytes. */
function bytesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
}

describe("a data folder", () => {
  let cluster: Cluster;
  /** Copies the folder of a master with some tasks that was stopped by SIGTERM. */
  let sample: string;
  beforeAll(async () => {
    cluster = await Cluster.alone();
    const master = await cluster.master().start();
    for (let i = 0; i < 20; i++) await master.json("POST", "/api/v1/tasks", web);
    await master.stop();
    sample = master.dataDir;
  });
  afterAll(() => cluster?.down());

  function copy(name: string): { folder: string; journal: string } {
    const folder = cluster.folder(name);
    cpSync(sample, folder, { recursive: true });
    return { folder, journal: join(folder, "journal.db") };
  }

  test("takes one master: a second is refused with a sentence, and the first keeps running", async () => {
    const { folder } = copy("shared");
    const first = await cluster.master({ dataDir: folder }).start();
    const said = await refusalOf(cluster.master({ dataDir: folder }).launch());
    expect(said).toContain("in use by another master");
    expect(said).toContain(folder);
    await first.json("POST", "/api/v1/tasks", web);
    await first.kill();
    const second = await cluster.master({ dataDir: folder }).start();
    expect(await second.json<TaskView[]>("GET", "/api/v1/tasks")).toHaveLength(21);
  });

  test("with damage in the log is refused, and left as it is", async () => {
    const { folder, journal } = copy("damaged");
    const bytes = readFileSync(journal);
    const place = bytes.indexOf('"task.created"', Math.floor(bytes.length / 4));
    expect(place).toBeGreaterThan(0);
    bytes[place + 2] = bytes[place + 2]! ^ 1;
    writeFileSync(journal, bytes);
    const before = bytesOf(folder);
    const said = await refusalOf(cluster.master({ dataDir: folder }).launch());
    expect(said).toMatch(/damaged|checksum/);
    expect(said).toContain(journal);
    expect(said).toMatch(/copy|move|backup|restore/i);
    expect(bytesOf(folder)["journal.db"]!).toBe(before["journal.db"]!);
  });

  test("whose journal is no journal at all is refused, and left as it is", async () => {
    const { folder, journal } = copy("nonsense");
    writeFileSync(journal, "these are notes, not a journal\n".repeat(500));
    const before = bytesOf(folder);
    const said = await refusalOf(cluster.master({ dataDir: folder }).launch());
    expect(said).toContain(journal);
    expect(bytesOf(folder)["journal.db"]!).toBe(before["journal.db"]!);
  });

  test("whose journal a newer Podling wrote is refused with the way out, and left as it is", async () => {
    const { folder, journal } = copy("newer");
    const db = new Database(journal);
    const { user_version } = db.query("PRAGMA user_version").get() as { user_version: number };
    db.run(`PRAGMA user_version = ${user_version + 1}`);
    db.close();
    const before = bytesOf(folder);
    const said = await refusalOf(cluster.master({ dataDir: folder }).launch());
    expect(said).toContain("newer");
    expect(bytesOf(folder)["journal.db"]!).toBe(before["journal.db"]!);
  });

  test("a port that is taken is a sentence, not a stack", async () => {
    const first = await cluster.master().start();
    const said = await refusalOf(cluster.master({ port: first.port }).launch());
    expect(said).toContain(`127.0.0.1:${first.port} is in use`);
    expect(said).toContain("--port");
  });

  test("an address beyond this machine asks for a token", async () => {
    const said = await refusalOf(
      cluster.spawn("open", [...podlingCommand(), "master", "--host", "0.0.0.0", "--port", String(freePort())]),
    );
    for (const word of ["0.0.0.0", "--token", "--insecure"]) expect(said).toContain(word);
  });
});

describeLab("a small disk", () => {
  let lab: Lab;
  let cluster: Cluster;
  beforeAll(async () => {
    lab = await Lab.start();
    cluster = Cluster.in(lab);
  });
  afterAll(() => lab?.down());

  async function recovers(
    disk: TinyDisk,
    fail: () => Promise<void> | void,
    heal: () => Promise<void> | void,
    why: RegExp,
  ) {
    const master = await cluster.master({ dataDir: disk.path }).start();
    const node = await master.json<Node>("POST", "/api/v1/nodes/register", { hostname: "n1", port: 1, capacity: 1000 });
    const tasks: TaskView[] = [await master.json("POST", "/api/v1/tasks", web)];
    const watch = await master.fetch("/api/v1/watch", { signal: new AbortController().signal });
    const seen: string[] = [];
    void (async () => {
      for await (const { data } of readEvents(watch.body!)) {
        const { task } = JSON.parse(data) as { task?: TaskView };
        if (task) seen.push(task.taskId);
      }
    })().catch(() => {});
    await fail();
    const refused = await until("a write to be refused", async () => {
      const answer = await master.fetch("/api/v1/tasks", post({ ...web, env: { PADDING: "x".repeat(8000) } }));
      if (answer.status === 503) return answer;
      tasks.push((await answer.json()) as TaskView);
      return null;
    });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const body = (await refused.json()) as { error: string; code: string; hint: string };
    expect(body.code).toBe("journal-unavailable");
    expect(body.error).toMatch(why);
    expect(body.hint).not.toBe("");
    expect((await master.fetch("/ready")).status).toBe(503);
    expect((await master.fetch("/health")).status).toBe(200);
    // Reads, streams and heartbeats still work, and show only what is on the disk.
    expect((await master.json<TaskView[]>("GET", "/api/v1/tasks")).map(({ taskId }) => taskId)).toEqual(
      tasks.map(({ taskId }) => taskId),
    );
    await master.json("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, {});
    const listed = await master.fetch("/api/v1/tasks?watch");
    expect(listed.status).toBe(200);
    await listed.body!.cancel();
    await heal();
    await until("the master to be ready again", async () => (await master.fetch("/ready")).status === 200);
    const after = await master.json<TaskView>("POST", "/api/v1/tasks", { ...web, name: "after" });
    tasks.push(after);
    await until("the watcher to receive it", () => seen.includes(after.taskId));
    await master.kill();
    await master.start();
    expect((await master.json<TaskView[]>("GET", "/api/v1/tasks")).map(({ taskId }) => taskId)).toEqual(
      tasks.map(({ taskId }) => taskId),
    );
    await master.kill();
  }

  test("that is full: 503 with the reason, reads and streams work, and writes work again with space", async () => {
    const disk = await lab.tinyDisk(2 * 1024 * 1024);
    await recovers(
      disk,
      () => disk.fill(),
      () => disk.free(),
      /full/,
    );
  });

  test("that is full when the master starts: reads work, and writes work once there is space", async () => {
    const disk = await lab.tinyDisk(2 * 1024 * 1024);
    const master = await cluster.master({ dataDir: disk.path }).start();
    const task = await master.json<TaskView>("POST", "/api/v1/tasks", web);
    await master.kill();
    disk.fill();
    await master.start();
    expect((await master.json<TaskView[]>("GET", "/api/v1/tasks"))[0]).toEqual(task);
    disk.free();
    await until("a write", async () => (await master.fetch("/api/v1/tasks", post(web))).status === 201);
    await master.kill();
  });
});
