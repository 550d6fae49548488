// Backups, restores and moves of volumes between two workers with engines of their own, over the master's API and the command
// line: what is copied, what waits meanwhile, and what is left after a failure.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessControl } from "../../src/api/access-control.ts";
import { listen } from "../../src/api/server/listen.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { VolumeView } from "../../src/model/volume/volume.ts";
import { SimulatedRuntime } from "../../src/runtime/simulated/simulated-runtime.ts";
import type { Identity } from "../../src/worker/data-dir/identity.ts";
import { createServer } from "../../src/worker/server.ts";
import type { Worker } from "../../src/worker/worker.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { podling } from "../cli/harness.ts";
import { expectRefusal } from "../master/in-process.ts";
import { World } from "./in-process.ts";

let world: World;
let folder: string;
const servers: ReturnType<typeof listen>[] = [];
const engines = new Map<string, SimulatedRuntime>();

function serve(worker: Worker, runtime: SimulatedRuntime, port: number): void {
  const access = new AccessControl({ server: "worker", token: null, allowedHosts: [] });
  servers.push(listen(createServer({ worker, runtime, access, log: silentLog, version: "t" }), "127.0.0.1", port));
}

beforeEach(async () => {
  world = new World();
  folder = mkdtempSync(join(tmpdir(), "podling-volume-copies-"));
  engines.clear();
  const first = freePort();
  serve(await world.started({ port: first }), world.runtime, first);
  engines.set("n1", world.runtime);
  const runtime = new SimulatedRuntime({
    ...{ clock: world.clock, random: seededRandom(5), images: world.images },
    program: () => ({ runsMs: null, exitCode: 0 }),
  });
  const second = freePort();
  const kept: Identity[] = [];
  const store = { read: () => kept.at(-1) ?? null, write: (identity: Identity) => void kept.push(identity) };
  serve(
    await world.started({ runtime, hostname: "n2", port: second, identity: store, random: seededRandom(99) }),
    runtime,
    second,
  );
  engines.set("n2", runtime);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
  await world.down();
  rmSync(folder, { recursive: true });
});

const path = "/api/v1/volumes";
const volume = (name = "data") => world.master.do<VolumeView>("GET", `${path}/${name}`);
const cli = (line: string) => podling(line, { env: { PODLING_MASTER_URL: world.master.url } });
const storage = (host: string) => engines.get(host)!.storage;
const has = (host: string) =>
  storage(host)
    .volumes(false)
    .some(({ name }) => name === "data");
const run = (more: object = {}): Promise<TaskView> =>
  world.run("db", ["forever"], { mounts: [{ type: "volume", source: "data", target: "/d" }], ...more });

/** The volume data on n1 with this content, as a task would have left it. */
async function dataOn(host: string, content: string): Promise<void> {
  const { nodeId } = await world.master.node(host);
  const cluster = world.identity!.clusterId;
  storage(host).putVolume("data", { [containerLabels.cluster]: cluster, [containerLabels.node]: nodeId });
  storage(host).setContent("data", content);
  await world.master.do("POST", path, { name: "data", node: host });
}

describe("podling volume backup and restore", () => {
  test.each(["data.tar", "data.tar.gz"])(
    "to %s and back: into another volume, and over what is there",
    async (name) => {
      await dataOn("n1", "rows");
      const file = join(folder, name);
      const { code, out } = await cli(`volume backup data ${file}`);
      expect([code, out]).toEqual([0, `${file}: 2 KiB of data\n`]);
      const other = await cli(`volume restore copy ${file} --node n2`);
      expect([other.code, other.out]).toEqual([0, "copy: its data is on n2\n"]);
      expect(storage("n2").content("copy")).toBe("rows");

      storage("n1").setContent("data", "rows that are wrong");
      const refused = await cli(`volume restore data ${file}`);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain("it is there already");
      expect(storage("n1").content("data")).toBe("rows that are wrong");
      expect((await volume()).work).toBeNull();
      expect((await cli(`volume restore data ${file} --replace`)).code).toBe(0);
      expect(storage("n1").content("data")).toBe("rows");
      expect(await volume()).toMatchObject({ state: "bound", hostname: "n1", work: null });
    },
  );

  test("a backup is refused while a task writes, unless it is --live; a file that is there stays", async () => {
    await dataOn("n1", "rows");
    await world.reached(await run(), "running");
    const file = join(folder, "data.tar");
    const refused = await cli(`volume backup data ${file}`);
    expect([refused.code, refused.err.includes("db writes to the volume data")]).toEqual([1, true]);
    expect(refused.err).toContain("--live");
    expect((await cli(`volume backup data ${file} --live`)).code).toBe(0);
    expect((await cli(`volume backup data ${file} --live`)).err).toContain("already exists");
    expect((await cli(`volume backup data ${file} --live -f`)).code).toBe(0);
  });

  test("a --live backup is refused while a restore writes the files, and after one that failed", async () => {
    await dataOn("n1", "rows");
    const file = join(folder, "data.tar");
    await cli(`volume backup data ${file}`);
    const { volumes } = engines.get("n1")!;
    const fill = volumes.fill.bind(volumes);
    const held = Promise.withResolvers<void>();
    volumes.fill = async (name, labels) => {
      storage("n1").putVolume(name, { ...labels });
      storage("n1").setContent(name, "ro");
      await held.promise;
      throw new Error("the engine is gone");
    };
    const restoring = cli(`volume restore data ${file} --replace`);
    await until("the restore to begin", async () => (await volume()).work !== null);
    const other = join(folder, "other.tar");
    const during = await cli(`volume backup data ${other} --live`);
    expect([during.code, during.err.includes("the volume data is being restored")]).toEqual([1, true]);
    held.resolve();
    expect((await restoring).code).toBe(1);
    const after = await cli(`volume backup data ${other} --live`);
    expect([after.code, after.err.includes("the restore of the volume data failed")]).toEqual([1, true]);
    expect(await Bun.file(other).exists()).toBe(false);
    volumes.fill = fill;
    expect((await cli(`volume restore data ${file} --replace`)).code).toBe(0);
    expect((await cli(`volume backup data ${other} --live`)).code).toBe(0);
  });

  test("an archive that was cut off is refused, and leaves no volume; tasks wait until it is restored", async () => {
    await dataOn("n1", "rows");
    const file = join(folder, "data.tar");
    await cli(`volume backup data ${file}`);
    const cut = join(folder, "cut.tar");
    await Bun.write(cut, (await Bun.file(file).bytes()).slice(0, 1024));
    const failed = await cli(`volume restore copy ${cut} --node n2`);
    expect([failed.code, failed.err.includes("cut off after 1024 bytes")]).toEqual([1, true]);
    expectRefusal(await world.master.ask("GET", `${path}/copy`), 404, "volume-not-found");
    const answer = await fetch(`${world.master.url}${path}/copy/archive?node=n2`, {
      ...{ method: "PUT", body: Bun.file(cut), headers: { "content-type": "application/x-tar" } },
    });
    expect(answer.ok).toBe(false);
    await until("the worker to remove what it had so far", () => storage("n2").volumes(false).length === 0);
    const mounts = [{ type: "volume", source: "copy", target: "/d" }];
    const task = await world.run("db", ["forever"], { mounts });
    expect([task.status, task.reason.message.includes("its restore failed")]).toEqual(["pending", true]);
    expect((await cli(`volume restore copy ${file} --node n2`)).code).toBe(0);
    expect((await world.reached(task, "running")).nodeId).toBe((await world.master.node("n2")).nodeId);
    expect(storage("n2").content("copy")).toBe("rows");
  });

  test("what a worker that was killed has restored in part is removed before a task mounts it", async () => {
    storage("n2").beginFill("data", {}).write("ro");
    await world.master.do("POST", path, { name: "data", node: "n2" });
    await world.reached(await run(), "running");
    expect([storage("n2").partial, has("n2"), storage("n2").content("data")]).toEqual([[], true, ""]);
  });

  test("what is no archive is refused at once", async () => {
    const file = join(folder, "text");
    await Bun.write(file, "text ".repeat(1000));
    await dataOn("n1", "rows");
    const { code, err } = await cli(`volume restore data ${file} --replace`);
    expect([code, err.includes("it is no tar archive")]).toEqual([1, true]);
    expect([storage("n1").content("data"), (await volume()).work]).toEqual(["rows", null]);
  });
});

describe("podling volume move", () => {
  test("copies the files, then removes them where they were; tasks run on the other node", async () => {
    await dataOn("n1", "rows");
    expect(await cli("volume move data --to n2")).toEqual({ code: 0, out: "data: its data is on n2\n", err: "" });
    expect([has("n1"), has("n2"), storage("n2").content("data")]).toEqual([false, true, "rows"]);
    expect(await volume()).toMatchObject({ state: "bound", hostname: "n2", work: null, copies: [] });
    const task = await world.reached(await run(), "running");
    expect(task.nodeId).toBe((await world.master.node("n2")).nodeId);
    const again = await cli("volume move data --to n1");
    expect([again.code, again.err.includes("cannot be moved while db on n2 uses it")]).toEqual([1, true]);
  });

  test("tasks wait while it is under way, and a second move is refused", async () => {
    await dataOn("n1", "rows");
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { volumes } = engines.get("n2")!;
    const fill = volumes.fill.bind(volumes);
    volumes.fill = async (...words) => {
      await held;
      return fill(...words);
    };
    const moving = cli("volume move data --to n2");
    await until("the move to begin", async () => (await volume()).work !== null);
    const task = await run();
    expect([task.status, task.reason.message.includes("it is being moved to n2")]).toEqual(["pending", true]);
    expectRefusal(await world.master.ask("POST", `${path}/data/move?to=n2`), 409, "volume-in-use");
    expectRefusal(await world.master.ask("DELETE", `${path}/data`), 409, "volume-in-use");
    expectRefusal(await world.master.ask("POST", `${path}/data/release?force=true`), 409, "volume-in-use");
    go();
    expect((await moving).code).toBe(0);
    expect((await world.reached(task, "running")).nodeId).toBe((await world.master.node("n2")).nodeId);
    expect([has("n1"), storage("n2").content("data")]).toEqual([false, "rows"]);
  });

  test("one that fails leaves the files where they were; the next one replaces what it left", async () => {
    await dataOn("n1", "rows");
    const { volumes } = engines.get("n2")!;
    const fill = volumes.fill.bind(volumes);
    volumes.fill = async (name, labels) => {
      // As a worker that is killed in the middle leaves it.
      storage("n2").putVolume(name, { ...labels });
      storage("n2").setContent(name, "ro");
      throw new Error("killed");
    };
    expect((await cli("volume move data --to n2")).code).toBe(1);
    expect(await volume()).toMatchObject({ hostname: "n1", work: null, copies: [{ hostname: "n2", why: "copied" }] });
    expect([storage("n1").content("data"), storage("n2").content("data")]).toEqual(["rows", "ro"]);
    volumes.fill = fill;
    expect((await cli("volume move data --to n2")).code).toBe(0);
    expect([has("n1"), storage("n2").content("data")]).toEqual([false, "rows"]);
    expect((await volume()).copies).toEqual([]);
  });

  test("does not replace files that it did not copy there, unless it is asked to", async () => {
    await dataOn("n1", "rows");
    const { nodeId } = await world.master.node("n2");
    storage("n2").putVolume("data", {
      [containerLabels.cluster]: world.identity!.clusterId,
      [containerLabels.node]: nodeId,
    });
    storage("n2").setContent("data", "older");
    const refused = await cli("volume move data --to n2");
    expect([refused.code, refused.err.includes("it is there already")]).toEqual([1, true]);
    expect([storage("n1").content("data"), storage("n2").content("data")]).toEqual(["rows", "older"]);
    expect(await volume()).toMatchObject({ hostname: "n1", work: null, copies: [] });
    expect((await cli("volume move data --to n2 --replace")).code).toBe(0);
    expect(storage("n2").content("data")).toBe("rows");
  });

  test.each([
    ["volume move data", 64, "--to is missing"],
    ["volume move data --to n9", 1, "there is no node"],
    ["volume move data --to n1", 1, "the volume data is on n1 already"],
    ["volume move nothing --to n2", 1, "there is no volume"],
  ])("%s ends with %d", async (line, code, says) => {
    await dataOn("n1", "rows");
    const ran = await cli(line);
    expect([ran.code, ran.err.includes(says)]).toEqual([code, true]);
    expect(storage("n1").content("data")).toBe("rows");
  });
});
