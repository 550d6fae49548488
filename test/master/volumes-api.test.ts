// Named volumes over the API, on a master in this process: each operation, what it refuses, and the events.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import type { VolumeRemoval, VolumeView } from "../../src/model/volume/volume.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
const nodes = new Map<string, string>();
beforeAll(async () => {
  podling = new TestMaster();
  await registerBoth();
});
afterAll(() => podling.stop());

async function registerBoth(): Promise<void> {
  for (const name of ["n1", "n2"]) {
    const { nodeId } = await podling.register(name, { capacity: 1000, version: "1", features: ["mount-options"] });
    nodes.set(name, nodeId);
  }
}

const path = "/api/v1/volumes";
const get = (name: string) => podling.do<VolumeView>("GET", `${path}/${name}`);
const mounts = (source: string, more: object = {}) => ({ mounts: [{ type: "volume", source, target: "/d", ...more }] });
const finish = ({ taskId }: TaskView) => podling.do("PUT", `/api/v1/tasks/${taskId}/status`, { status: "failed" });

describe("POST /api/v1/volumes", () => {
  test("201 with the volume", async () => {
    const body = { name: "made", writers: "many", labels: { app: "shop" } };
    const answer = await podling.ask<VolumeView>("POST", path, { body });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      ...{ name: "made", nodeId: null, hostname: null, state: "unbound", writers: "many", lastUsedBy: null },
      ...{ work: null, copies: [] },
      ...{ labels: { app: "shop" }, createdAt: expect.any(String), usedBy: [], message: "it has no data yet" },
    });
    expect(await get("made")).toEqual(answer.body);
    expectRefusal(await podling.ask("POST", path, { body }), 409, "name-taken");
  });

  test("with a node: it is bound, and tasks run there", async () => {
    for (const node of ["n1", "n2"]) {
      const name = `on-${node}`;
      const made = await podling.do<VolumeView>("POST", path, { name, node });
      expect(made).toMatchObject({ state: "bound", nodeId: nodes.get(node), message: `its data is on ${node}` });
      expect((await podling.create("user", mounts(name))).nodeId).toBe(nodes.get(node) as never);
    }
    expectRefusal(await podling.ask("POST", path, { body: { name: "on-n9", node: "n9" } }), 404, "node-not-found");
  });

  test.each([
    [{}, "name"],
    [{ name: "../etc" }, "name"],
    [{ name: "-x" }, "name"],
    [{ name: "x".repeat(256) }, "name"],
    [{ name: "x", writers: 2 }, "writers"],
    [{ name: "x", writers: "1" }, "writers"],
    [{ name: "x", labels: { a: 1 } }, "labels.a"],
    [{ name: "x", size: 1 }, "size"],
  ])("%j is refused, and names the field", async (body, field) => {
    const { status, body: answer } = await podling.ask<{ details: object }>("POST", path, { body });
    expect([status, answer.details]).toEqual([400, expect.objectContaining({ field })]);
  });
});

describe("GET", () => {
  test("the list is by name, and says who uses each", async () => {
    const writer = await podling.create("writer", mounts("shared"));
    const reader = await podling.create("reader", mounts("shared", { readOnly: true }));
    const list = await podling.do<VolumeView[]>("GET", path);
    const names = list.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(list.find(({ name }) => name === "shared")).toMatchObject({
      ...{ state: "bound", nodeId: writer.nodeId, lastUsedBy: { taskId: reader.taskId, name: "reader" } },
      usedBy: [
        { taskId: writer.taskId, name: "writer", status: "scheduled", writes: true },
        { taskId: reader.taskId, name: "reader", status: "scheduled", writes: false },
      ],
    });
    expect(reader.nodeId).toBe(writer.nodeId);
    await finish(writer);
    expect((await get("shared")).usedBy.map(({ name }) => name)).toEqual(["reader"]);
  });

  test("of a volume that is not there: 404", async () => {
    expectRefusal(await podling.ask("GET", `${path}/nothing`), 404, "volume-not-found");
  });
});

describe("PUT /api/v1/volumes/{id}", () => {
  test("changes what it names", async () => {
    await podling.do("POST", path, { name: "changed", labels: { a: "1" } });
    const change = (body: object) => podling.do<VolumeView>("PUT", `${path}/changed`, body);
    expect(await change({ writers: "many" })).toMatchObject({ writers: "many", labels: { a: "1" } });
    expect(await change({ labels: {} })).toMatchObject({ writers: "many", labels: {} });
    expectRefusal(await podling.ask("PUT", `${path}/nothing`, { body: {} }), 404, "volume-not-found");
  });

  test("a second writer starts when it may", async () => {
    await podling.create("w1", mounts("many"));
    const second = await podling.create("w2", mounts("many"));
    expect(second.status).toBe("pending");
    await podling.do("PUT", `${path}/many`, { writers: "many" });
    expect((await podling.do<TaskView>("GET", `/api/v1/tasks/${second.taskId}`)).status).toBe("scheduled");
    expectRefusal(await podling.ask("PUT", `${path}/many`, { body: { writers: 1 } }), 409, "volume-in-use");
  });
});

describe("POST /api/v1/volumes/{id}/release", () => {
  test("is refused while a task uses it, and while its node is online; events say what changed", async () => {
    const watched = await podling.stream("/api/v1/watch");
    const task = await podling.create("db", mounts("data"));
    const release = `${path}/data/release`;
    expectRefusal(await podling.ask("POST", release), 409, "volume-in-use");
    await finish(task);
    expectRefusal(await podling.ask("POST", release), 409, "volume-in-use");
    const released = await podling.do<VolumeView>("POST", `${release}?force=true`);
    expect(released).toMatchObject({ state: "released", nodeId: null, message: "its data was given up" });
    const { data } = await watched.next(
      "the release",
      ({ data: { volume } }) => (volume as VolumeView)?.name === "data" && (volume as VolumeView).state === "released",
    );
    expect(data).toMatchObject({ type: "volume.updated", by: { kind: "user" }, volume: released });
    watched.close();
    expectRefusal(await podling.ask("POST", `${path}/nothing/release`), 404, "volume-not-found");
  });

  test("explain of a waiting task names the node, and the command", async () => {
    const { nodeId, taskId } = await podling.create("db", { ...mounts("far"), restartPolicy: "always" });
    const [away] = [...nodes].find(([, id]) => id === nodeId)!;
    await podling.do("POST", `/api/v1/nodes/${nodeId}/lost?force=true`);
    const { replacedBy } = await podling.do<TaskView>("GET", `/api/v1/tasks/${taskId}`);
    const explanation = await podling.do<Explanation>("GET", `/api/v1/tasks/${replacedBy}/explanation`);
    expect(explanation.status).toBe("pending");
    expect(explanation.summary).toContain(`its data is on ${away}, offline since `);
    expect(explanation.smallestChange).toBe(
      `bring ${away} back online, or give its data up: podling volume release far`,
    );
    await podling.do("POST", `${path}/far/release`);
    const moved = await podling.do<TaskView>("GET", `/api/v1/tasks/${replacedBy}`);
    expect([moved.status, moved.nodeId === nodeId]).toEqual(["scheduled", false]);
  });
});

describe("DELETE /api/v1/volumes/{id}", () => {
  test("of one without data removes the record", async () => {
    await podling.do("POST", path, { name: "empty" });
    expect(await podling.do<object>("DELETE", `${path}/empty`)).toEqual({ removed: false, message: "it had no data" });
    expectRefusal(await podling.ask("GET", `${path}/empty`), 404, "volume-not-found");
  });

  test("is refused while a task mounts it, also one that has finished", async () => {
    const task = await podling.create("holder", mounts("held"));
    expectRefusal(await podling.ask("DELETE", `${path}/held`), 409, "volume-in-use");
    await finish(task);
    expectRefusal(await podling.ask("DELETE", `${path}/held?force=true`), 409, "volume-in-use");
  });

  const refusedHint = async (name: string) => {
    const answer = await podling.ask<{ error: string; hint: string }>("DELETE", `${path}/${name}?force=true`);
    return [answer.status, answer.body.error, answer.body.hint];
  };

  test("is refused while a job that has not ended mounts it, also if it has no task", async () => {
    const body = { name: "import", image: "app:1", backoffLimit: 6, ...mounts("imported") };
    await podling.do("POST", "/api/v1/jobs", body);
    const [task] = (await podling.do<TaskView[]>("GET", "/api/v1/tasks")).filter(({ name }) => name === "import.1");
    await finish(task!);
    // The next attempt comes after a pause.
    expect(await refusedHint("imported")).toEqual([
      ...[409, expect.stringContaining("the task import.1"), "Remove the job first: podling job rm import"],
    ]);
    await podling.do("DELETE", `/api/v1/tasks/${task!.taskId}`);
    expect(await refusedHint("imported")).toEqual([
      ...[409, "the job import mounts the volume imported", "Remove the job first: podling job rm import"],
    ]);
    await podling.do("DELETE", "/api/v1/jobs/import");
    expect(await podling.do<VolumeRemoval>("DELETE", `${path}/imported?force=true`)).toMatchObject({ removed: false });
  });

  test("is refused while a schedule mounts it, also between two of its jobs", async () => {
    await podling.do("POST", path, { name: "nightly-data" });
    await podling.do("POST", "/api/v1/schedules", {
      ...{ name: "nightly", cron: "0 3 * * *", image: "app:1", ...mounts("nightly-data") },
    });
    expect(await refusedHint("nightly-data")).toEqual([
      ...[
        409,
        "the schedule nightly mounts the volume nightly-data",
        "Remove the schedule first: podling job rm nightly",
      ],
    ]);
    await podling.do("DELETE", "/api/v1/schedules/nightly");
    expect(await podling.do<object>("DELETE", `${path}/nightly-data`)).toEqual({
      ...{ removed: false, message: "it had no data" },
    });
  });

  test("is refused while a service mounts it", async () => {
    await podling.do("POST", "/api/v1/services", { name: "shop", image: "app:1", ...mounts("shop-data") });
    const [status, , hint] = await refusedHint("shop-data");
    expect([status, hint]).toEqual([409, expect.stringContaining("podling")]);
    for (const { name, taskId } of await podling.do<TaskView[]>("GET", "/api/v1/tasks")) {
      if (name === "shop.1") await finish({ taskId } as TaskView);
    }
    expect((await refusedHint("shop-data"))[2]).toBe("Remove the service first: podling service rm shop");
  });

  test("is refused if its node cannot be reached; with force the data stays there", async () => {
    await podling.register("n7", { port: 9 });
    await podling.do("POST", path, { name: "away", node: "n7" });
    expectRefusal(await podling.ask("DELETE", `${path}/away`), 503, "node-unreachable");
    await podling.do("POST", "/api/v1/nodes/n7/lost?force=true");
    expectRefusal(await podling.ask("DELETE", `${path}/away`), 503, "node-unreachable");
    const { removed, message } = await podling.do<VolumeRemoval>("DELETE", `${path}/away?force=true`);
    expect(removed).toBe(false);
    expect(message).toContain(
      "its data stays where it is: the data of away cannot be removed: its data is on n7, offline",
    );
    expectRefusal(await podling.ask("DELETE", `${path}/away`), 404, "volume-not-found");
  });
});

describe("services with volumes", () => {
  test("a global one is refused, with what gives each node data of its own", async () => {
    const body = { name: "agents", image: "app:1", mode: "global", ...mounts("agent-data", { readOnly: true }) };
    const refused = await podling.ask("POST", "/api/v1/services", { body });
    expect([refused.status, refused.body]).toEqual([
      422,
      expect.objectContaining({
        error: "a global service cannot mount the volume agent-data: its data is on one node",
        hint: expect.stringContaining("--mount type=volume,source=agent-data,target=/d,volume-driver=local"),
      }),
    ]);
    await registerBoth();
    const own = mounts("agent-data", { options: { driver: "local" } });
    await podling.do("POST", "/api/v1/services", { ...body, ...own });
    const made = (await podling.do<TaskView[]>("GET", "/api/v1/tasks")).filter(({ name }) =>
      name.startsWith("agents."),
    );
    expect(made.map(({ name, status }) => [name, status]).sort()).toEqual([
      ["agents.n1", "scheduled"],
      ["agents.n2", "scheduled"],
    ]);
    expectRefusal(await podling.ask("GET", `${path}/agent-data`), 404, "volume-not-found");
    // One that is replicated does not become a global one.
    await podling.do("POST", "/api/v1/services", { name: "cache", image: "app:1", ...mounts("cache-data") });
    const change = { name: "cache", mode: "global", image: "app:1", ...mounts("cache-data") };
    expectRefusal(await podling.ask("PUT", "/api/v1/services/cache", { body: change }), 422, "unprocessable");
  });

  test("a volume with one writer makes a rollout stop-first, and the rollout says so", async () => {
    const body = { name: "db", image: "app:1", ...mounts("db-data") };
    await podling.do("POST", "/api/v1/services", body);
    const changed = await podling.do<ServiceView>("PUT", "/api/v1/services/db", { ...body, image: "app:2" });
    expect(changed.rollout).toMatchObject({
      ...{ order: "stop-first", why: "stop-first: the volume db-data has one writer at a time" },
    });
    const startFirst = { ...body, image: "app:3", rollout: { order: "start-first" } };
    const refused = await podling.ask("PUT", "/api/v1/services/db", { body: startFirst });
    expect([refused.status, refused.body]).toEqual([
      422,
      expect.objectContaining({ details: { field: "rollout.order", volume: "db-data" } }),
    ]);
  });
});
