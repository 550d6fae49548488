// Named volumes from the master's API and the command line to a worker and a simulated engine.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { listen } from "../../src/api/server/listen.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { VolumeRemoval, VolumeView } from "../../src/model/volume/volume.ts";
import { createServer } from "../../src/worker/server.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { podling } from "../cli/harness.ts";
import { expectRefusal } from "../master/in-process.ts";
import { World } from "./in-process.ts";

let world: World;
let server: ReturnType<typeof listen>;

beforeEach(async () => {
  world = new World();
  const port = freePort();
  const worker = await world.started({ port });
  const access = new AccessControl({ server: "worker", token: null, allowedHosts: [] });
  server = listen(
    createServer({ worker, runtime: world.runtime, access, log: silentLog, version: "t" }),
    "127.0.0.1",
    port,
  );
});
afterEach(async () => {
  await server.stop(true);
  await world.down();
});

const mounts = (source: string) => ({ mounts: [{ type: "volume", source, target: "/data" }] });
const path = "/api/v1/volumes";
const onEngine = () => world.runtime.storage.volumes(false).map(({ name }) => name);
const cli = (line: string) => podling(line, { env: { PODLING_MASTER_URL: world.master.url } });

describe("podling volume rm", () => {
  test("removes the data of a volume whose tasks are gone, also if the container is just being removed", async () => {
    const job = await world.run("job", ["exit", "0"], mounts("scratch"));
    await world.reached(job, "completed");
    expect(onEngine()).toEqual(["scratch"]);
    expect(await world.master.do<VolumeView>("GET", `${path}/scratch`)).toMatchObject({ hostname: "n1", usedBy: [] });
    const refused = await cli("volume rm scratch");
    expect(refused.err).toContain("the task job");
    expect(refused.err).toContain("podling rm job");
    await world.master.do("DELETE", `/api/v1/tasks/${job.taskId}`);
    expect(await cli("volume rm scratch")).toEqual({ code: 0, out: "scratch\n", err: "" });
    expect(onEngine()).toEqual([]);
  });

  test("leaves the data of a volume that Podling did not make, and says so", async () => {
    world.runtime.storage.putVolume("theirs");
    await world.master.do("POST", path, { name: "theirs", node: "n1" });
    const { code, err } = await cli("volume rm theirs");
    expect([code, err]).toEqual([0, "theirs: its data stays on n1, because Podling did not make the volume\n"]);
    expect(onEngine()).toEqual(["theirs"]);
    expectRefusal(await world.master.ask("GET", `${path}/theirs`), 404, "volume-not-found");
  });

  test("of a volume that is not on the engine removes the record", async () => {
    await world.master.do("POST", path, { name: "gone", node: "n1" });
    expect(await world.master.do<VolumeRemoval>("DELETE", `${path}/gone`)).toEqual({
      removed: false,
      message: "n1 has no volume gone",
    });
  });

  test("is refused while a container of another program uses it", async () => {
    const job = await world.run("job", ["exit", "0"], mounts("shared"));
    await world.reached(job, "completed");
    world.runtime.storage.others.push({ containerId: "other", name: "other", imageId: "i", volumes: ["shared"] });
    await world.master.do("DELETE", `/api/v1/tasks/${job.taskId}`);
    expectRefusal(await world.master.ask("DELETE", `${path}/shared`), 409, "volume-in-use");
    expect(onEngine()).toEqual(["shared"]);
  });
});
