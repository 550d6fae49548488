// Named volumes from the master's API and the command line to a worker and a simulated engine.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AccessControl } from "../../src/api/access-control.ts";
import { listen } from "../../src/api/server/listen.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { VolumeRemoval, VolumeView } from "../../src/model/volume/volume.ts";
import { createServer } from "../../src/worker/server.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
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

describe("a task with a volume", () => {
  const stop = ({ taskId }: TaskView) => world.master.do("POST", `/api/v1/tasks/${taskId}/stop`);
  const remove = ({ taskId }: TaskView) => world.master.do("DELETE", `/api/v1/tasks/${taskId}`);

  test("is not started with an empty one when the data is gone from its node, until a user gives that up", async () => {
    const first = await world.running("db", mounts("rows"));
    expect(await world.master.do<VolumeView>("GET", `${path}/rows`)).toMatchObject({ filled: true, hostname: "n1" });
    await stop(first);
    await world.reached(first, "stopped");
    await remove(first);
    await until("its container to be removed", () => world.runtime.storage.uses().length === 0);
    // As when the machine is installed again.
    expect(world.runtime.storage.removeVolume("rows")).toBeNull();
    const second = await world.reached(
      await world.run("db", ["forever"], mounts("rows")),
      "scheduled",
      "volume-missing",
    );
    expect(second.reason.message).toContain("the data of the volume rows is gone from this node");
    expect(second.reason.message).toContain("podling volume release -f rows");
    expect([onEngine(), world.runtime.all()]).toEqual([[], []]);
    await stop(second);
    await world.reached(second, "stopped");
    expect((await cli("volume release -f rows")).code).toBe(0);
    expect((await world.master.do<VolumeView>("GET", `${path}/rows`)).filled).toBe(false);
    await world.running("db", mounts("rows"));
    expect(onEngine()).toEqual(["rows"]);
  });

  test("goes on when the data is back", async () => {
    await world.master.do("POST", path, { name: "rows", node: "n1" });
    const first = await world.running("one", mounts("rows"));
    await stop(first);
    await world.reached(first, "stopped");
    await remove(first);
    await until("its container to be removed", () => world.runtime.storage.uses().length === 0);
    world.runtime.storage.removeVolume("rows");
    const second = await world.reached(
      await world.run("two", ["forever"], mounts("rows")),
      "scheduled",
      "volume-missing",
    );
    world.runtime.storage.putVolume("rows");
    await world.reached(second, "running");
  }, 20_000);

  test("waits for the container of a lost task that still has the volume", async () => {
    const more = { ...mounts("rows"), restartPolicy: "always", stopGraceSeconds: 2 };
    const first = await world.running("db", more, ["stubborn"]);
    await world.master.do("POST", `/api/v1/nodes/${first.nodeId}/lost?force=true`);
    const { replacedBy } = await world.reached(first, "failed");
    const next = await world.master.do<TaskView>("GET", `/api/v1/tasks/${replacedBy}`);
    await world.reached(next, "scheduled", "volume-in-use");
    await world.reached(next, "running");
    expect(world.runtime.all().filter(({ status }) => status === "running")).toHaveLength(1);
  }, 20_000);
});
