// Clean-up on a real engine with a real registry: what Podling pulled and created is removed, by itself when the disk fills
// and by a clean-up that a user asks for; everything else on the engine is unchanged afterwards. Only how full the disk is
// is made up: the worker runs in this process, with a disk reading of its own.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { Client } from "../../src/api/client.ts";
import { listen } from "../../src/api/server/listen.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { Cleanup } from "../../src/model/node/cleanup.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import type { Identity } from "../../src/worker/data-dir/identity.ts";
import { PulledImagesFile } from "../../src/worker/data-dir/pulled-images-file.ts";
import { createServer } from "../../src/worker/server.ts";
import { Worker } from "../../src/worker/worker.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { freePort, podling } from "../../tools/lab/cluster.ts";
import type { Registry } from "../../tools/lab/registry.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const here = { constraints: ["node==cleans"] };

describeLab("clean-up", () => {
  let world: World;
  let registry: Registry;
  let worker: Worker;
  let server: ReturnType<typeof listen>;
  let folder: string;
  let identity: Identity | null = null;
  let usedPercent = 10;
  const port = freePort();

  function startWorker(): void {
    const readDisk = async (path: string) => ({ path, usedBytes: usedPercent, totalBytes: 100 });
    const runtime = new DockerRuntime(world.engine.host, undefined, readDisk);
    worker = new Worker({
      client: new Client({ baseUrl: world.master.url }),
      runtime,
      clock: systemClock,
      random: seededRandom(1),
      log: silentLog,
      ...{
        hostname: "cleans",
        port,
        address: null,
        capacity: 20,
        labels: {},
        cpu: null,
        memory: null,
        version: "test",
      },
      identity: {
        read: () => identity,
        write: (written) => {
          identity = written;
        },
      },
      pulledImages: new PulledImagesFile(folder),
    });
    void worker.start();
    const access = new AccessControl({ server: "worker", token: null, allowedHosts: [] });
    server = listen(createServer({ worker, runtime, access, log: silentLog, version: "test" }), "127.0.0.1", port);
  }

  async function stopWorker(): Promise<void> {
    worker.stop();
    await server.stop(true);
  }

  beforeAll(async () => {
    world = await World.start();
    folder = world.lab.folder("cleans");
    registry = await world.lab.registry();
    startWorker();
    await until("the node to register", () => world.master.json("GET", "/api/v1/nodes/cleans"));
  });
  afterAll(async () => {
    await stopWorker();
    await world?.down();
  });

  let made = 0;
  /** An image of its own, in the registry; with `local` also on the engine, under a name that Podling did not give. */
  async function image(name: string, local: string | null = null): Promise<string> {
    const { engine } = world;
    const { Id } = await engine.json<{ Id: string }>("/containers/create", "POST", { Image: world.image });
    const label = { Labels: { made: `${Date.now()} ${made++}` } };
    await engine.json(`/commit?container=${Id}&repo=other&tag=${name}`, "POST", label);
    await engine.json(`/containers/${Id}`, "DELETE");
    const reference = await registry.push(engine, `other:${name}`, `${name}:1`);
    if (local !== null) await engine.json(`/images/other:${name}/tag?repo=${local}&tag=1`, "POST");
    await engine.json(`/images/other:${name}`, "DELETE");
    return reference;
  }

  const has = async (reference: string) => (await world.engine.fetch(`/images/${reference}/json`)).ok;
  const volumes = async () => {
    const { Volumes } = await world.engine.json<{ Volumes: { Name: string }[] | null }>("/volumes");
    return (Volumes ?? []).map(({ Name }) => Name).sort();
  };
  async function ran(name: string, reference: string, more: object = {}): Promise<TaskView> {
    const task = await world.create(name, "exit 0", { image: reference, ...here, ...more });
    return world.reaches(task, "completed", 60_000);
  }
  async function removed(task: TaskView): Promise<void> {
    await world.master.json("DELETE", `/api/v1/tasks/${task.taskId}`);
    await until("its container to go", async () => (await world.containers(task)).length === 0);
  }
  /** Makes the worker look at the disk, as it does after every pull. */
  async function pullSomething(): Promise<void> {
    const reference = await image(`trigger${made}`);
    await removed(await ran(`trigger${made}`, reference));
  }
  const look = (query = "?images=true&volumes=true") =>
    world.master.json<Cleanup>("GET", `/api/v1/nodes/cleans/cleanup${query}`);
  const verdicts = ({ items }: Cleanup) =>
    new Map(items.map(({ name, verdict, code }) => [name, `${verdict} ${code}`]));

  test("when the disk fills, images that Podling pulled are removed, unused for longest first; no other images are", async () => {
    const [old, newer, used] = [await image("old"), await image("newer"), await image("used")];
    const before = await image("before", "mine");
    const renamed = await image("renamed");
    const theirs = await image("theirs");
    const [repo, tag] = theirs.split(/:(?=\w+$)/);
    await (await world.engine.fetch(`/images/create?fromImage=${repo}&tag=${tag}`, { method: "POST" })).text();
    const { Id } = await world.engine.json<{ Id: string }>("/containers/create", "POST", { Image: theirs });

    for (const [name, reference] of Object.entries({ old, newer, before, renamed }))
      await removed(await ran(name, reference));
    const holding = await ran("holding", used);
    await world.engine.json(`/images/${renamed}/tag?repo=kept&tag=1`, "POST");

    usedPercent = 90;
    await pullSomething();
    await until("the old one to go", async () => !(await has(old)) && !(await has(newer)));
    for (const reference of [used, before, "mine:1", renamed, "kept:1", theirs, world.image]) {
      expect({ reference, there: await has(reference) }).toEqual({ reference, there: true });
    }
    expect((await world.engine.fetch(`/containers/${Id}/json`)).ok).toBe(true);
    usedPercent = 10;
    await world.engine.json(`/containers/${Id}`, "DELETE");

    const said = verdicts(await look());
    expect(said.get(used)).toBe("goes unused"); // its ended container would go first
    expect(said.get("kept:1") ?? said.get(renamed)).toBe("stays not-ours");
    expect(said.get(theirs)).toBe("stays not-ours");
    expect(verdicts(await look("?containers=false&images=true")).get(used)).toBe("stays in-use");
    await removed(holding);
  }, 180_000);

  test("a worker that starts again still knows which images are its own", async () => {
    const reference = await image("remembered");
    await removed(await ran("remembered", reference));
    await stopWorker();
    startWorker();
    await until("the worker to be there", async () => verdicts(await look()).get(reference) === "goes unused");
  }, 60_000);

  test("an image that was pulled again under its name leaves one that is removed", async () => {
    const reference = await image("moving");
    await removed(await ran("moving-1", reference));
    const first = await world.engine.json<{ Id: string }>(`/images/${reference}/json`);
    await image("moving-2");
    // The registry has other content by the old name now.
    const other = await image("other");
    await (
      await world.engine.fetch(`/images/create?fromImage=${other.split(/:1$/)[0]}&tag=1`, { method: "POST" })
    ).text();
    await registry.push(world.engine, other, "moving:1");
    await world.engine.fetch(`/images/${other}`, { method: "DELETE" });
    await removed(await ran("moving-3", reference, { pullPolicy: "always" }));
    const second = await world.engine.json<{ Id: string }>(`/images/${reference}/json`);
    expect(second.Id).not.toBe(first.Id);
    const ids = new Map((await look()).items.map(({ id, verdict }) => [id, verdict]));
    expect([ids.get(first.Id), ids.get(second.Id)]).toEqual(["goes", "goes"]);
  }, 60_000);

  test("podling node clean shows what would go, removes it when asked, and nothing that is others'", async () => {
    const mounts = (source: string) => ({ mounts: [{ type: "volume", source, target: "/data" }] });
    await world.engine.json("/volumes/create", "POST", { Name: "theirs" });
    await world.engine.json("/volumes/create", "POST", { Name: "theirs-used" });
    const reference = await image("cleaned");
    await ran("made", reference, mounts("scratch"));
    await removed(await ran("borrows", reference, mounts("theirs-used")));
    const web = await world.create("web", "while :; do sleep 0.1; done", { ...here, ...mounts("live") });
    await world.reaches(web, "running");
    const other = await world.engine.json<{ Id: string }>("/containers/create", "POST", {
      ...{ Image: world.image, HostConfig: { Mounts: [{ Type: "volume", Source: "of-a-container", Target: "/d" }] } },
    });
    const containers = async () => (await world.engine.containers()).map(({ Id }) => Id);
    const before = { containers: await containers(), volumes: await volumes() };

    const dry = await podling(["node", "clean", "cleans", "--dry-run", "--images", "--volumes"], {
      master: world.master,
    });
    expect(dry.code).toBe(0);
    const row = (...words: string[]) => new RegExp(`^cleans +${words.join(" +")}`, "m");
    expect(dry.stdout).toMatch(row("volume", "scratch", "\\S.*", "remove"));
    expect(dry.stdout).toMatch(row("volume", "live", "\\S.*", "keep", "container podling-\\S+ uses it"));
    expect({ containers: await containers(), volumes: await volumes() }).toEqual(before);

    const done = await podling(["node", "clean", "cleans", "--images", "-y"], { master: world.master });
    expect(done.stderr).toMatch(/cleans: removed 1 container and \d+ images?, up to [\d.]+ \SiB/);
    expect(await has(reference)).toBe(false);
    expect(await volumes()).toEqual(before.volumes);

    const data = await podling(["node", "clean", "cleans", "--volumes", "-y"], { master: world.master });
    expect(data.stderr).toContain("cleans: removed 1 volume");
    expect(await volumes()).toEqual(["live", "of-a-container", "theirs", "theirs-used"]);
    const left = await containers();
    expect(left).toContain(other.Id);
    expect(left).toContain((await world.task(web)).containerId!);
    expect(await has(world.image)).toBe(true);
    const { Labels } = await world.engine.json<{ Labels: object | null }>("/volumes/theirs-used");
    expect(Labels ?? {}).toEqual({});
    await world.master.json("DELETE", `/api/v1/tasks/${web.taskId}?force=true`);
  }, 120_000);
});
