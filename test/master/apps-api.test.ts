// Apps over the API, on a master in this process: each operation, what it refuses, who asked for the changes, and that no answer
// has a secret.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { instanceHeader } from "../../src/api/worker-instance.ts";
import { MemoryKeys } from "../../src/keys/memory-keys.ts";
import type { AppRevision } from "../../src/model/app/app.ts";
import type { AppBody } from "../../src/model/app/app-input.ts";
import type { AppApplied, AppRemoval, AppView } from "../../src/model/app/view.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import { until } from "../../tools/lab/until.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";

let podling: TestMaster;
let keys: MemoryKeys;
beforeAll(async () => {
  keys = new MemoryKeys((bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
  podling = new TestMaster({ keys });
  const body = { hostname: "n1", port: 1, capacity: 1000, version: "1", features: knownFeatures };
  await podling.ask("POST", "/api/v1/nodes/register", { body, headers: { [instanceHeader]: "place.process1" } });
});
beforeEach(() => {
  keys.isAway = false;
});
afterAll(() => podling.stop());

const path = (name: string) => `/api/v1/apps/${name}`;
const as = { "podling-user": "anna@laptop" };
let serial = 0;
const fresh = () => `app${serial++}`;

const bodyOf = (app: string, more: AppBody = {}): AppBody => ({
  services: [
    {
      ...{ name: `${app}_web`, image: "nginx:1.27", replicas: 2, configs: [{ name: `${app}_env`, env: "MODE" }] },
      ...{
        secrets: [{ name: `${app}_key` }],
        mounts: [{ type: "volume", source: `${app}_data`, target: "/d", readOnly: true }],
      },
    },
  ],
  jobs: [{ name: `${app}_migrate`, image: "migrate:1" }],
  volumes: [{ name: `${app}_data` }],
  configs: [{ name: `${app}_env`, data: "live" }],
  secrets: [{ name: `${app}_key`, data: "hunter2" }],
  ...more,
});

async function put(app: string, body: object = bodyOf(app), query = "") {
  return podling.ask<AppApplied>("PUT", path(app) + query, { body, headers: as });
}

/** Of the log. */
async function newestRevision(): Promise<unknown> {
  const tap = await podling.stream("/api/v1/watch");
  const { data } = await tap.next("hello", ({ event }) => event === "hello");
  tap.close();
  return data.revision;
}

const outcomes = ({ changes }: Pick<AppApplied, "changes">) => changes.map((one) => `${one.name} ${one.change}`);

describe("PUT /api/v1/apps/{name}", () => {
  test("makes the app, and answers with it and with what became of each member", async () => {
    const app = fresh();
    const { status, body } = await put(app, bodyOf(app), "?note=first");
    expect(status).toBe(200);
    expect(outcomes(body)).toEqual(["web", "migrate", "data", "env", "key"].map((name) => `${app}_${name} created`));
    expect(body).toMatchObject({
      ...{ name: app, revision: 1, by: "anna@laptop" },
      reason: { code: "deploying", message: expect.stringContaining(`${app}_web: `) },
      services: [{ name: `${app}_web`, wanted: 2, ready: 0, status: "created" }],
      jobs: [{ name: `${app}_migrate`, status: "waiting" }],
    });
    const { changes: _, ...view } = body;
    expect(await podling.do<AppView>("GET", path(app))).toEqual(view);
    expect((await podling.do<AppView[]>("GET", "/api/v1/apps")).find(({ name }) => name === app)).toEqual(view);
    const service = await podling.do<{ template: { labels: object } }>("GET", `/api/v1/services/${app}_web`);
    expect(service.template.labels).toEqual({ "podling.namespace": app });
  });

  test("again changes nothing, also for a secret, and asks for no key where nothing is to be sealed", async () => {
    const app = fresh();
    await put(app);
    const revision = await newestRevision();
    const { body } = await put(app);
    expect(outcomes(body).every((line) => line.endsWith(" unchanged"))).toBe(true);
    expect([body.revision, await newestRevision()]).toEqual([1, revision]);
    keys.isAway = true;
    expectRefusal(await put(app), 503, "key-unavailable");
  });

  test("keeps its secrets to itself", async () => {
    const app = fresh();
    const { body } = await put(app);
    const revisions = await podling.do<AppRevision[]>("GET", `${path(app)}/revisions`);
    expect(JSON.stringify([body, revisions])).not.toContain("hunter2");
    expect(revisions[0]).toMatchObject({ secrets: [{ name: `${app}_key`, version: 1 }], note: "" });
  });

  test("is refused as a whole, and the sentence names the member", async () => {
    const app = fresh();
    const bad = { ...bodyOf(app).services![0]!, name: `${app}_bad`, secrets: [{ name: "nothing" }] };
    const answer = await put(app, bodyOf(app, { services: [bodyOf(app).services![0]!, bad] }));
    expectRefusal(answer, 422, "unprocessable");
    expect(answer.body).toMatchObject({
      error: `services ${app}_bad: secrets: there is no secret nothing`,
      details: { member: { kind: "service", name: `${app}_bad` } },
    });
    for (const noun of ["apps/", "services/", "configs/"])
      expect((await podling.ask("GET", `/api/v1/${noun}${app}${noun === "apps/" ? "" : "_web"}`)).status).toBe(404);
  });

  test.each([
    [
      "a name without the app's",
      { services: [{ name: "web", image: "a:1" }] },
      "services web: the names of the members of shop",
    ],
    [
      "another namespace",
      { services: [{ name: "shop_a", image: "a:1", namespace: "x" }] },
      "services shop_a: namespace: it is x",
    ],
    [
      "a request above the limit",
      { jobs: [{ name: "shop_a", image: "a:1", resources: { cpu: { request: 2, limit: 1 } } }] },
      "jobs shop_a: resources.cpu",
    ],
    ["an unknown node", { volumes: [{ name: "v", node: "n9" }] }, "volumes v: there is no node"],
    [
      "no base64",
      { secrets: [{ name: "shop_s", data: "%", encoding: "base64" }] },
      "secrets shop_s: data: it is not base64",
    ],
  ])("refuses %s", async (_, body, message) => {
    const answer = await put("shop", body);
    expect(answer.status).toBeOneOf([404, 422]);
    expect((answer.body as unknown as { error: string }).error).toStartWith(message);
  });

  test("refuses a name that is none, and a body with unknown fields", async () => {
    expectRefusal(await put("Shop!", { volumes: [] }), 422, "unprocessable");
    expectRefusal(await put(fresh(), { servers: [] }), 400, "unknown-field");
  });

  test("refuses what belongs to others", async () => {
    const app = fresh();
    await podling.do("PUT", `/api/v1/services/${app}_web`, { name: `${app}_web`, image: "other:1" });
    const answer = await put(app);
    expectRefusal(answer, 409, "name-taken");
    expect(answer.body).toMatchObject({
      error: `services ${app}_web: there is a service ${app}_web that is not part of the app ${app}`,
      hint: `Remove it (podling service rm ${app}_web), or give the app another name.`,
    });
  });

  test("with a revision that is not the newest: names who applied it", async () => {
    const app = fresh();
    await put(app, bodyOf(app), "?expectedRevision=0");
    const answer = await put(app, bodyOf(app, { jobs: [] }), "?expectedRevision=0");
    expectRefusal(answer, 409, "conflict");
    expect(answer.body).toMatchObject({
      error: expect.stringContaining(`anna@laptop applied revision 1 of the app ${app} at 20`),
      details: { revision: 1, by: "anna@laptop" },
    });
    expect((await put(app, bodyOf(app, { jobs: [] }), "?expectedRevision=1")).status).toBe(200);
  });

  test("with dryRun changes nothing, and makes no key", async () => {
    const app = fresh();
    const before = await newestRevision();
    keys.isAway = true;
    const tried = await put(app, bodyOf(app), "?dryRun=true");
    expect(outcomes(tried.body)).toEqual(
      ["web", "migrate", "data", "env", "key"].map((name) => `${app}_${name} created`),
    );
    expect(tried.body).toMatchObject({ revision: 1, services: [{ wanted: 2, ready: 0 }] });
    expect(await newestRevision()).toBe(before);
    expectRefusal(await podling.ask("GET", path(app)), 404, "app-not-found");
    expectRefusal(await put(app, { services: [{ name: "web", image: "a:1" }] }, "?dryRun=true"), 422, "unprocessable");
  });

  test("takes a body beyond the limit of others", async () => {
    const app = fresh();
    const configs = [1, 2, 3].map((number) => ({ name: `${app}_${number}`, data: "x".repeat(400_000) }));
    expect((await put(app, { configs })).status).toBe(200);
    await podling.do("DELETE", path(app));
  });
});

test("events of members name who applied the app", async () => {
  const tap = await podling.stream("/api/v1/watch");
  const app = fresh();
  await put(app);
  const created = await tap.next("change", ({ data }) => data.type === "service.created");
  const version = await tap.next("change", ({ data }) => data.type === "app.created");
  tap.close();
  for (const { data } of [created, version]) expect(data.by).toMatchObject({ kind: "user", name: "anna@laptop" });
});

test("rollback applies an earlier revision again, with its secret", async () => {
  const app = fresh();
  await put(app);
  await put(app, bodyOf(app, { secrets: [{ name: `${app}_key`, data: "other" }] }));
  const back = await podling.do<AppApplied>("POST", `${path(app)}/rollback?expectedRevision=2`);
  expect(back).toMatchObject({ revision: 3 });
  expect(outcomes((await put(app)).body).every((line) => line.endsWith(" unchanged"))).toBe(true);
  const revisions = await podling.do<AppRevision[]>("GET", `${path(app)}/revisions`);
  expect(revisions.map(({ number, note }) => [number, note])).toEqual([
    ...[
      [1, ""],
      [2, ""],
      [3, "back to revision 1"],
    ],
  ] as never);
  expectRefusal(await podling.ask("POST", `${path(app)}/rollback?to=9`), 422, "unprocessable");
  expectRefusal(await podling.ask("POST", `${path(app)}/rollback?expectedRevision=1`), 409, "conflict");
});

describe("DELETE /api/v1/apps/{name}", () => {
  test("removes all but the volumes", async () => {
    const app = fresh();
    await put(app);
    const removed = await podling.do<AppRemoval>("DELETE", path(app));
    expect(outcomes(removed)).toEqual(
      ["web removed", "migrate removed", "data kept", "env removed", "key removed"].map((line) => `${app}_${line}`),
    );
    expect(removed.volumes).toEqual([]);
    expectRefusal(await podling.ask("GET", path(app)), 404, "app-not-found");
    expect((await podling.ask("GET", `/api/v1/volumes/${app}_data`)).status).toBe(200);
    expectRefusal(await podling.ask("DELETE", path(app)), 404, "app-not-found");
  });

  test("with volumes: when the replicas have stopped", async () => {
    const app = fresh();
    await put(app, { volumes: [{ name: `${app}_data` }], services: [mounting(`${app}_web`, `${app}_data`)] });
    const [task] = await podling.do<{ taskId: string }[]>("GET", `/api/v1/services/${app}_web/tasks`);
    const removal = podling.do<AppRemoval>("DELETE", `${path(app)}?volumes=true&timeout=1m`);
    await until("the app is gone", async () => (await podling.ask("GET", path(app))).status === 404);
    // It is removed at its end.
    await podling.ask("PUT", `/api/v1/tasks/${task!.taskId}/status`, { body: { status: "stopped" } });
    const { volumes } = await removal;
    // The node of this test has no worker that could remove the data.
    expect(volumes).toEqual([{ name: `${app}_data`, removed: false, message: expect.stringContaining("n1") }]);
  });

  test("with a volume that a task has mounted whose record is kept: it is not waited for", async () => {
    const app = fresh();
    await put(app, { volumes: [{ name: `${app}_data` }] });
    const mounts = [{ type: "volume", source: `${app}_data`, target: "/d" }];
    const { taskId } = await podling.create(`${app}-once`, { mounts, constraints: ["nowhere"] });
    await podling.do("POST", `/api/v1/tasks/${taskId}/stop`);
    const { volumes } = await podling.do<AppRemoval>("DELETE", `${path(app)}?volumes=true&timeout=10m`);
    expect(volumes.map(({ name }) => name)).toEqual([`${app}_data`]);
  });

  test("with a volume that something else mounts: it stays", async () => {
    const app = fresh();
    await put(app, { volumes: [{ name: `${app}_data` }] });
    await podling.do("PUT", `/api/v1/services/${app}-user`, mounting(`${app}-user`, `${app}_data`));
    const { volumes } = await podling.do<AppRemoval>("DELETE", `${path(app)}?volumes=true`);
    expect(volumes).toEqual([
      { name: `${app}_data`, removed: false, message: expect.stringContaining(`podling volume rm ${app}_data`) },
    ]);
  });
});

const mounting = (name: string, source: string) => ({
  ...{ name, image: "a:1" },
  mounts: [{ type: "volume" as const, source, target: "/d" }],
});
