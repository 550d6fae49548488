// A clean-up that a user asks for, from the master's API and the command line to a worker and a simulated engine.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { listen } from "../../src/api/server/listen.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { silentLog } from "../../src/lib/log.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { limits } from "../../src/model/limits.ts";
import { type Cleanup, cleanupKinds } from "../../src/model/node/cleanup.ts";
import type { VolumeView } from "../../src/model/volume/volume.ts";
import { EngineRefused } from "../../src/runtime/runtime-error.ts";
import { createServer } from "../../src/worker/server.ts";
import type { Worker } from "../../src/worker/worker.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { podling } from "../cli/harness.ts";
import { expectRefusal } from "../master/in-process.ts";
import { World } from "./in-process.ts";

let world: World;
let worker: Worker;
let server: ReturnType<typeof listen> | null = null;

beforeEach(async () => {
  world = new World();
  const port = freePort();
  worker = await world.started({ port });
  serve(port);
});
afterEach(async () => {
  await server?.stop(true);
  await world.down();
});

function serve(port: number, token: string | null = null): void {
  const access = new AccessControl({ server: "worker", token, allowedHosts: [] });
  server = listen(
    createServer({ worker, runtime: world.runtime, access, log: silentLog, version: "t" }),
    "127.0.0.1",
    port,
  );
}

const volume = (source: string) => ({ mounts: [{ type: "volume", source, target: "/data" }] });
const look = (query = "") => world.master.do<Cleanup>("GET", `/api/v1/nodes/n1/cleanup${query}`);
const clean = (query = "") => world.master.do<Cleanup>("POST", `/api/v1/nodes/n1/cleanup${query}`);
const linesOf = ({ items }: Cleanup) =>
  items.map(({ kind, name, verdict, code }) => `${kind} ${name} ${verdict} ${code}`);
const cli = (line: string, asked = {}) => podling(line, { env: { PODLING_MASTER_URL: world.master.url }, ...asked });

/** A task that has ended, with a volume and an image that was pulled for it; one that runs; and what is others'. */
async function lived(): Promise<void> {
  world.images.set("pulled:1", { present: false, pullMs: 1, sizeBytes: 1000 });
  world.runtime.storage.putVolume("theirs");
  world.runtime.storage.putVolume("of-another", {
    [containerLabels.cluster]: "other",
    [containerLabels.node]: "node-other000",
  });
  const job = await world.run("job", ["exit", "0"], { image: "pulled:1", ...volume("scratch") });
  await world.reached(await world.run("web", ["forever"], volume("kept")), "running");
  await world.reached(job, "completed");
  await until("the end to be acknowledged", async () =>
    linesOf(await look()).some((line) => line.includes(" goes unused")),
  );
}

const jobId = () => world.runtime.all().find(({ status }) => status === "exited")!.taskId;

describe("a look", () => {
  test("says of each item whether it is removed or stays and why, and changes nothing", async () => {
    await lived();
    const calls = world.runtime.calls.length;
    const preview = await look("?images=true&volumes=true");
    expect(preview).toMatchObject({ nodeId: worker.nodeId, hostname: "n1", dryRun: true, omitted: 0 });
    expect(linesOf(preview)).toEqual([
      `container ${jobId()} goes unused`,
      "image pulled:1 goes unused",
      "volume scratch goes unused",
      "container web stays in-use",
      "image demo:latest stays not-ours",
      "volume kept stays in-use",
      "volume of-another stays not-ours",
      "volume theirs stays not-ours",
    ]);
    const done = world.runtime.calls.slice(calls);
    for (const call of ["remove", "removeImage", "removeVolume"]) expect(done).not.toContain(call);
  });

  test("images and volumes stay unless they are asked for", async () => {
    await lived();
    const lines = linesOf(await look());
    expect(lines).toContain("image pulled:1 stays not-asked");
    expect(lines).toContain("volume scratch stays not-asked");
    expect(linesOf(await look("?containers=false"))).toContain(`container ${jobId()} stays not-asked`);
  });

  test("an ended container that stays keeps its image and its volume in use", async () => {
    await lived();
    const lines = linesOf(await look("?containers=false&images=true&volumes=true"));
    expect(lines).toContain("image pulled:1 stays in-use");
    expect(lines).toContain("volume scratch stays in-use");
  });

  test("with too many items shows all that are removed, and counts the rest", async () => {
    await lived();
    for (let i = 0; i < limits.cleanupItems; i++) world.runtime.storage.putVolume(`v${i}`);
    const { items, omitted } = await look("?images=true&volumes=true");
    expect(items).toHaveLength(limits.cleanupItems);
    expect(omitted).toBe(8);
    expect(items.filter(({ verdict }) => verdict === "goes")).toHaveLength(3);
  });
});

describe("a clean-up", () => {
  test("removes what was asked for, and nothing else", async () => {
    await lived();
    const done = await clean("?images=true");
    expect(done.dryRun).toBe(false);
    expect(linesOf(done).slice(0, 2)).toEqual([
      expect.stringContaining("removed unused"),
      "image pulled:1 removed unused",
    ]);
    expect(world.images.get("pulled:1")!.present).toBe(false);
    expect(world.images.get("demo")!.present).toBe(true);
    expect(world.runtime.all().map(({ status }) => status)).toEqual(["running"]);
    expect(world.runtime.storage.volumes(false).map(({ name }) => name)).toEqual([
      ...["kept", "of-another", "scratch", "theirs"],
    ]);
    expect(linesOf(await clean("?images=true&volumes=true"))[0]).toBe("volume scratch removed unused");
    expect(world.runtime.storage.volumes(false).map(({ name }) => name)).toEqual(["kept", "of-another", "theirs"]);
  });

  test("lets the next task with a removed volume start with an empty one", async () => {
    await lived();
    const record = () => world.master.do<VolumeView>("GET", "/api/v1/volumes/scratch");
    expect(await record()).toMatchObject({ filled: true, state: "bound" });
    await look("?volumes=true");
    expect((await record()).filled).toBe(true);
    expect(linesOf(await clean("?volumes=true"))).toContain("volume scratch removed unused");
    expect(await record()).toMatchObject({ filled: false, state: "bound", hostname: "n1" });
    expect((await world.master.do<VolumeView>("GET", "/api/v1/volumes/kept")).filled).toBe(true);
    await world.reached(await world.run("again", ["forever"], volume("scratch")), "running");
    expect((await record()).filled).toBe(true);
  });

  test("changes the records of removed volumes, also when the client has gone meanwhile", async () => {
    await lived();
    const client = new AbortController();
    const remove = world.runtime.volumes.remove.bind(world.runtime.volumes);
    world.runtime.volumes.remove = async (name) => {
      client.abort();
      await asked;
      // The master learns meanwhile that the client has gone.
      await Bun.sleep(200);
      return remove(name);
    };
    const url = `${world.master.url}/api/v1/nodes/n1/cleanup?volumes=true`;
    const asked = fetch(url, { method: "POST", signal: client.signal }).then(
      () => "answered",
      () => "gone",
    );
    expect(await asked).toBe("gone");
    await until("the record to change", async () => {
      const { filled } = await world.master.do<VolumeView>("GET", "/api/v1/volumes/scratch");
      return filled === false;
    });
  });

  test("also lets a task start that came while the volume was being removed, and waits for its data", async () => {
    await lived();
    const remove = world.runtime.volumes.remove.bind(world.runtime.volumes);
    let late: TaskView | null = null;
    world.runtime.volumes.remove = async (name) => {
      const kept = await remove(name);
      late = await world.run("late", ["forever"], volume(name));
      await world.reached(late, "scheduled", "volume-missing");
      return kept;
    };
    expect(linesOf(await clean("?volumes=true"))).toContain("volume scratch removed unused");
    await world.reached(late!, "running");
  });

  test("is followed by a pull of a removed image that a later task needs", async () => {
    await lived();
    await clean("?images=true");
    await world.reached(await world.run("again", ["forever"], { image: "pulled:1" }), "running");
    expect(linesOf(await look("?images=true"))).toContain("image pulled:1 stays in-use");
  });

  test("an item that the engine refuses to remove stays with the engine's message; if the engine fails, the rest stays", async () => {
    await lived();
    world.runtime.images.remove = async () => "the engine keeps it: no";
    const refused = await clean("?images=true");
    expect(refused.items.find(({ kind }) => kind === "image")).toMatchObject({
      ...{ verdict: "stays", code: "refused", message: "the engine keeps it: no" },
    });
    world.runtime.images.remove = async () => {
      throw new Error("broken pipe");
    };
    const broken = await clean("?images=true&volumes=true");
    expect(broken.items.filter(({ code }) => code === "refused").map(({ message }) => message)).toEqual([
      ...["the engine does not answer: broken pipe", "the engine does not answer: broken pipe"],
    ]);
  });

  test("an item that the engine fails to remove stays, and the others go", async () => {
    await lived();
    const image = world.runtime.images.remove;
    world.runtime.images.remove = async () => {
      throw new EngineRefused("the engine answered 500: the disk is read-only");
    };
    const { items } = await clean("?images=true&volumes=true");
    world.runtime.images.remove = image;
    const refused = items.filter(({ code }) => code === "refused").map(({ message }) => message);
    expect(refused).toEqual(["the engine refused: the engine answered 500: the disk is read-only"]);
    expect(items.filter(({ verdict }) => verdict === "removed").map(({ name }) => name)).toContain("scratch");
  });

  test("that the engine refuses as a whole is 502, as the engine answers", async () => {
    const images = world.runtime.images.list;
    world.runtime.images.list = async () => {
      throw new EngineRefused("the engine answered 500: the disk is read-only");
    };
    const answer = await world.master.ask("POST", "/api/v1/nodes/n1/cleanup?images=true");
    world.runtime.images.list = images;
    expectRefusal(answer, 502, "engine-refused");
    expect(answer.body).toMatchObject({
      error: "n1: the engine answered 500: the disk is read-only",
      hint: expect.stringContaining("Nothing was removed."),
    });
  });

  test("while the engine is away is refused with the engine's message", async () => {
    world.runtime.goAway();
    const answer = await world.master.ask("POST", "/api/v1/nodes/n1/cleanup");
    expectRefusal(answer, 503, "node-unreachable");
    expect(JSON.stringify(answer.body)).toContain('"error":"n1: ');
  });
});

describe("ended containers", () => {
  test("stay if both limits are off, until a user asks", async () => {
    worker.stop();
    const off = { count: Number.POSITIVE_INFINITY, ageMs: Number.POSITIVE_INFINITY };
    await server!.stop(true);
    const port = freePort();
    worker = await world.started({ port, retention: off });
    serve(port);
    for (let i = 0; i <= limits.endedContainerCount; i++)
      await world.reached(await world.run(`job-${i}`, ["exit", "0"]), "completed");
    expect(world.runtime.all()).toHaveLength(limits.endedContainerCount + 1);
    await until("all to go", async () => {
      await clean();
      return world.runtime.all().length === 0;
    });
  });
});

describe("a node", () => {
  test("that does not exist, or does not answer, is an error that says so", async () => {
    expectRefusal(await world.master.ask("GET", "/api/v1/nodes/n7/cleanup"), 404, "node-not-found");
    await server!.stop(true);
    const answer = await world.master.ask("GET", "/api/v1/nodes/n1/cleanup");
    expectRefusal(answer, 503, "node-unreachable");
    expect(JSON.stringify(answer.body)).toContain("cannot reach the worker on n1");
  });

  test("with another token, of an older version, or that is not a Podling worker", async () => {
    const { port } = server!;
    await server!.stop(true);
    serve(port!, "another");
    const denied = await world.master.ask<{ error: string; hint: string }>("GET", "/api/v1/nodes/n1/cleanup");
    expectRefusal(denied, 503, "node-unreachable");
    expect(denied.body.hint).toContain("the same token");
    const answers: [answer: () => Response, says: string][] = [
      [() => Response.json({ code: "route-not-found" }, { status: 404 }), "has version test, which cannot clean up"],
      [() => Response.json({ code: "method-not-allowed" }, { status: 405 }), "has version test, which cannot clean up"],
      [() => new Response("hello"), "is no worker: it answered 200 with text/plain"],
      [() => new Response("x".repeat(17 * 1024 * 1024)), "is no worker: it answered 200 with"],
      [() => new Response("gateway", { status: 503 }), "is no worker: it answered 503 with text/plain"],
      [() => Response.json({ error: "no engine here", code: "other" }, { status: 503 }), "n1: no engine here"],
    ];
    for (const [answer, says] of answers) {
      await server!.stop(true);
      server = Bun.serve({ hostname: "127.0.0.1", port: port!, fetch: answer }) as never;
      const refusal = await world.master.ask<{ error: string }>("POST", "/api/v1/nodes/n1/cleanup");
      expectRefusal(refusal, 503, "node-unreachable");
      expect(refusal.body.error).toContain(says);
    }
  });

  test("refuses other methods and other query parameters at its own server", async () => {
    const url = `http://127.0.0.1:${server!.port}/cleanup`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(405);
    expect((await fetch(`${url}?everything=true`)).status).toBe(400);
    expect((await fetch(url, { method: "POST", headers: { origin: "http://evil.example" } })).status).toBe(403);
    expect((await world.master.ask("GET", "/api/v1/nodes/n1/cleanup?images=maybe")).status).toBe(400);
  });
});

describe("podling node clean", () => {
  test("shows, asks, and removes what the user agreed to", async () => {
    await lived();
    const preview = await cli("node clean --dry-run --images --volumes");
    expect(preview.code).toBe(0);
    const lines = preview.out.split("\n").map((line) => line.replace(/ +/g, " "));
    expect(lines[0]).toBe("NODE KIND NAME SIZE ACTION WHY");
    expect(lines).toContainEqual(
      expect.stringMatching(/^n1 image pulled:1 1000 B remove Podling pulled it, and nothing/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^n1 volume kept 0 B keep container podling-\S+ uses it$/));
    expect(preview.out).toContain("and 3 that Podling did not create or pull: -o wide lists them\n");
    const wide = await cli("node clean --dry-run -o wide");
    expect(wide.out).toMatch(/demo:latest +\d+ B +keep +Podling did not pull it/);
    expect(wide.out).toMatch(/scratch +- +keep +not requested \(--volumes\); /);

    const unasked = await cli("node clean n1 --images");
    expect({ code: unasked.code, err: unasked.err }).toMatchObject({ code: 64, err: expect.stringContaining("-y") });
    const declined = await cli("node clean n1 --volumes", { terminal: 120, typed: ["n"] });
    expect(declined.code).toBe(1);
    expect(declined.err).toContain("Remove 1 container and 1 volume and all data in the volumes? [y/N] nothing was");
    expect(world.runtime.all()).toHaveLength(2);

    const agreed = await cli("node clean n1 --images --volumes", { terminal: 120, typed: ["y"] });
    expect(agreed.code).toBe(0);
    expect(agreed.err).toContain("n1: removed 1 container, 1 image and 1 volume, up to 1000 B\n");
    const again = await cli("node clean --images --volumes -y");
    expect({ code: again.code, err: again.err }).toEqual({ code: 0, err: "nothing to remove\n" });
  });

  test("prints JSON: what would be removed with --dry-run, else what was removed", async () => {
    await lived();
    const seen = JSON.parse((await cli("node clean --dry-run -o json")).out) as Cleanup[];
    expect(seen.map(({ dryRun, hostname }) => [dryRun, hostname])).toEqual([[true, "n1"]]);
    const done = JSON.parse((await cli("node clean -y -o json")).out) as Cleanup[];
    expect(done[0]!.items[0]).toMatchObject({ kind: "container", verdict: "removed" });
    expect(cleanupKinds).toContain(done[0]!.items[0]!.kind);
  });

  test("continues with the other nodes if one does not answer, and says so", async () => {
    await lived();
    await world.master.register("silent", { port: freePort(), address: "127.0.0.1" });
    const { code, out, err } = await cli("node clean -y");
    expect(code).toBe(1);
    expect(err).toContain("error: cannot reach the worker on silent");
    expect(err).toContain("n1: removed 1 container\n");
    expect(out).toContain("remove");
  });

  test("says which items could not be removed", async () => {
    await lived();
    world.runtime.images.remove = async () => "the engine keeps it: another client was faster";
    const { code, err } = await cli("node clean --images -y");
    expect(code).toBe(1);
    expect(err).toContain(
      "error: image pulled:1 on n1 was not removed: the engine keeps it: another client was faster\n",
    );
  });
});
