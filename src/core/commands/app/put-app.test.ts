// An app as one command: all of its members or none, and nothing for what is as it was.

import { beforeEach, describe, expect, test } from "bun:test";
import type { AppBody } from "../../../model/app/app-input.ts";
import { kinds } from "../../../model/kinds/kinds.ts";
import { checkWith } from "../../../model/kinds/record-check.ts";
import { readSnapshot, writeSnapshot, writeWholeSnapshot } from "../../state/snapshot.ts";
import { Apps, all, contentOf, full } from "./test-apps.ts";

let apps: Apps;
beforeEach(() => {
  apps = new Apps();
});

describe("an app", () => {
  test("makes all of its members in one batch, and names them", () => {
    const { revision } = apps.state;
    expect(apps.apply(full)).toEqual(all("created"));
    expect(apps.state.revision).toBe(revision + 1);
    const app = apps.state.tables.app.get("shop")!;
    expect(app).toMatchObject({ name: "shop", revision: 1, createdAt: "2025-01-19T12:34:56.000Z" });
    expect(app.members).toEqual({
      services: ["shop_db", "shop_web"].map((name) => apps.state.serviceNamed(name)!.serviceId),
      jobs: [apps.state.jobNamed("shop_migrate")!.jobId],
      schedules: [apps.state.scheduleNamed("shop_nightly")!.scheduleId],
      ...{ volumes: ["shop_data"], configs: ["shop_env"], secrets: ["shop_password"] },
    });
    const { serviceId } = apps.state.serviceNamed("shop_web")!;
    expect(apps.state.record("revision", `${serviceId}.1`).spec.labels).toEqual({ "podling.namespace": "shop" });
    expect(apps.state.record("revision", `${serviceId}.1`).note).toBe("app shop, revision 1");
  });

  test("changes nothing when it is applied again", () => {
    apps.apply(full);
    const before = apps.snapshot();
    const tick = apps.world.do(apps.command(full));
    expect(tick.changes).toEqual([]);
    expect(apps.outcome(tick)).toEqual(all("unchanged"));
    expect(apps.snapshot()).toBe(before);
  });

  test("gets another revision for another member, and keeps the newest 20", () => {
    for (let replicas = 1; replicas <= 22; replicas++)
      apps.apply({ services: [{ name: "shop_web", image: "nginx:1", replicas }] });
    expect(apps.state.tables.app.get("shop")!.revision).toBe(22);
    expect(apps.state.tables.appRevision.size).toBe(20);
    expect(apps.state.tables.appRevision.get("shop.3" as never)).toMatchObject({ number: 3, by: "anna@laptop" });
  });

  test("has one copy of a member that is the same in two revisions, also in a state that was read again", () => {
    apps.apply(full);
    apps.apply({ ...full, jobs: [] });
    const lines = [...writeSnapshot(apps.state)].join("\n").split("\n");
    for (const state of [apps.state, readSnapshot(lines)]) {
      const [first, second] = [1, 2].map((number) => state.record("appRevision", `shop.${number}`));
      for (const index of [0, 1]) expect(second!.services[index]).toBe(first!.services[index]!);
    }
  });

  test("has no content of a config or secret in its revisions", () => {
    apps.apply(full);
    const text = JSON.stringify([...apps.state.tables.appRevision.values()]);
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain('"live"');
    expect(apps.state.record("appRevision", "shop.1")).toMatchObject({
      configs: [{ name: "shop_env", version: 1 }],
      secrets: [{ name: "shop_password", version: 1 }],
    });
  });

  test("keeps the number of replicas that it does not say, and takes back what it no longer says", () => {
    const web = (more: object = {}) => ({ services: [{ name: "shop_web", image: "nginx:1", ...more }] });
    apps.apply(web({ rollout: { parallelism: 3 } }));
    const service = () => apps.state.serviceNamed("shop_web")!;
    apps.do({ type: "scaleService", serviceId: service().serviceId, replicas: 4 });
    expect(apps.apply(web())).toEqual(["service shop_web updated"]);
    expect(service()).toMatchObject({ mode: { replicas: 4 }, policy: { parallelism: 1 } });
  });

  test("corrects what was changed by other means without another revision", () => {
    apps.apply(full);
    apps.do({ type: "scaleService", serviceId: apps.state.serviceNamed("shop_web")!.serviceId, replicas: 5 });
    apps.do({ type: "removeJob", jobId: apps.state.jobNamed("shop_migrate")!.jobId });
    expect(apps.apply(full).filter((line) => !line.endsWith("unchanged"))).toEqual([
      "service shop_web updated",
      "job shop_migrate created",
    ]);
    expect(apps.state.tables.app.get("shop")).toMatchObject({
      revision: 1,
      members: { jobs: [apps.state.jobNamed("shop_migrate")!.jobId] },
    });
  });

  test("comes back from a snapshot and from a backup as it was, and passes the check of a backup", async () => {
    apps.apply(full);
    for (const write of [writeSnapshot, writeWholeSnapshot]) {
      const lines = [...write(apps.state)].join("\n").split("\n");
      expect([...writeWholeSnapshot(readSnapshot(lines))].join("\n")).toBe(apps.snapshot());
    }
    const check = checkWith(await kinds.appRevision.loadSchema());
    const record = () => JSON.parse(JSON.stringify(apps.state.record("appRevision", "shop.1")));
    expect(check(record())).toBeNull();
    expect(check({ ...record(), services: [{ name: "shop_web", image: 7 }] })).toContain("services.0");
    expect(checkWith(await kinds.app.loadSchema())(apps.state.tables.app.get("shop"))).toBeNull();
  });
});

describe("a refusal", () => {
  test("of the third of five members leaves nothing of the others", () => {
    apps.apply({ services: [{ name: "shop_old", image: "old:1" }], configs: [{ name: "shop_env", data: "test" }] });
    const before = apps.snapshot();
    const taken = {
      name: "shop_b",
      image: "b:1",
      replicas: 2,
      mounts: [{ type: "volume" as const, source: "v", target: "/v" }],
    };
    const body: AppBody = {
      services: [{ name: "shop_a", image: "a:1" }, taken, { name: "shop_c", image: "c:1" }],
      ...{ volumes: [{ name: "shop_data" }], configs: [{ name: "shop_env", data: "live" }] },
    };
    const tick = apps.world.tick(apps.command(body));
    expect(tick.changes).toEqual([]);
    expect(tick.outcomes[0]).toMatchObject({
      refusal: {
        code: "unprocessable",
        message: "services shop_b: 2 replicas cannot write to the volume v: it has one writer at a time",
        details: { member: { kind: "service", name: "shop_b" } },
      },
    });
    expect(apps.snapshot()).toBe(before);
    apps.settle();
    expect(apps.state.serviceNamed("shop_a")).toBeUndefined();
  });

  test("in a batch leaves what the other commands of the batch did", () => {
    const bad = apps.command({ services: [{ name: "shop_a", image: "a:1", configs: [{ name: "nothing" }] }] });
    const good = { ...apps.command({ services: [{ name: "shop_a", image: "a:1" }] }), name: "shop" };
    const tick = apps.world.tick(bad, good, bad);
    expect(tick.outcomes.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(apps.state.tables.service.size).toBe(1);
  });

  test("that comes after the journal failed takes all of the tick back", () => {
    const before = apps.snapshot();
    const tick = apps.world.tick(apps.command(full));
    expect(tick.changes.length).toBeGreaterThan(5);
    tick.undo();
    expect(apps.snapshot()).toBe(before);
  });
});

describe("members that are gone from the input", () => {
  test("are removed, but for volumes", () => {
    apps.apply(full);
    expect(apps.apply({ services: [{ name: "shop_new", image: "new:1" }] })).toEqual([
      ...["service shop_db removed", "service shop_new created", "service shop_web removed"],
      ...["job shop_migrate removed", "schedule shop_nightly removed", "volume shop_data kept"],
      ...["config shop_env removed", "secret shop_password removed"],
    ]);
    expect(apps.state.tables.app.get("shop")!.members).toMatchObject({ volumes: ["shop_data"], jobs: [], configs: [] });
    expect(apps.state.tables.config.size + apps.state.tables.secret.size).toBe(0);
    expect(apps.state.tables.volume.has("shop_data")).toBe(true);
  });

  test("stay while a replica of an earlier revision uses them, until a later apply", () => {
    apps.apply(full);
    apps.settle();
    const { services: [, db] = [], ...rest } = full;
    const plain: AppBody = {
      ...rest,
      services: [{ name: "shop_web", image: "nginx:1.27", replicas: 2 }, db!],
      configs: [],
    };
    expect(apps.apply(plain)).toContain("config shop_env kept");
    expect(apps.state.tables.app.get("shop")!.members.configs).toEqual(["shop_env"]);
    for (let round = 0; round < 200; round++) apps.round();
    expect(apps.apply(plain)).toContain("config shop_env removed");
    expect(apps.world.do(apps.command(plain)).changes).toEqual([]);
  });
});

describe("records that are not of the app", () => {
  test("are never taken", () => {
    apps.do({ type: "putService", input: { name: "shop_web", image: "other:1" } as never, by: "ben" });
    expect(apps.refused(apps.command(full))).toBe(
      "name-taken: services shop_web: there is a service shop_web that is not part of the app shop",
    );
    apps.do({ type: "removeService", serviceId: apps.state.serviceNamed("shop_web")!.serviceId });
    apps.do({ ...apps.command(full), name: "other" });
    expect(apps.refused(apps.command(full))).toBe(
      "name-taken: services shop_web: there is a service shop_web that belongs to the app other, not to shop",
    );
    expect(apps.state.tables.app.has("shop")).toBe(false);
  });

  test.each([
    ["job", { jobs: [{ name: "shop_x", image: "x:1" }] }, { type: "putJob", input: { name: "shop_x", image: "y:1" } }],
    [
      "config",
      { configs: [{ name: "shop_x", data: "1" }] },
      { type: "putConfig", name: "shop_x", data: "0", encoding: "utf8", mustBeNew: true },
    ],
  ])("nor is a %s", (kind, body, command) => {
    apps.do({ ...command, by: "ben" } as never);
    expect(apps.refused(apps.command(body))).toContain(`there is a ${kind} shop_x that is not part of the app shop`);
  });

  test("but a volume is: it outlives its app", () => {
    apps.apply(full);
    apps.do({ type: "removeApp", name: "shop" });
    expect(apps.state.tables.volume.has("shop_data")).toBe(true);
    expect(apps.apply(full)).toContain("volume shop_data unchanged");
    expect(apps.refused({ ...apps.command({ volumes: [{ name: "shop_data" }] }), name: "other" })).toContain(
      "belongs to the app shop, not to other",
    );
  });

  test("and no name is there twice", () => {
    const twice = {
      services: [
        { name: "shop_a", image: "a:1" },
        { name: "shop_a", image: "a:2" },
      ],
    };
    expect(apps.refused(apps.command(twice))).toBe("unprocessable: services shop_a: it is there twice");
  });
});

describe("a config and the template of its service together", () => {
  test("are one revision of the service", () => {
    apps.apply(full);
    apps.settle();
    const [web, ...others] = full.services!;
    const next = {
      ...full,
      services: [{ ...web!, image: "nginx:1.28" }, ...others],
      configs: [{ name: "shop_env", data: "quiet" }],
    };
    expect(apps.apply(next).filter((line) => line.endsWith("updated"))).toEqual([
      "service shop_web updated",
      "config shop_env updated",
    ]);
    expect(apps.revisions("shop_web")).toEqual([1, 2]);
  });

  test("and a service of no app that has the config gets its version, too", () => {
    apps.apply(full);
    apps.do({
      type: "putService",
      input: { name: "web", image: "a:1", configs: [{ name: "shop_env" }] } as never,
      by: "ben",
    });
    apps.apply({ ...full, configs: [{ name: "shop_env", data: "quiet" }] });
    expect([apps.revisions("web"), apps.revisions("shop_web")]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

test("dependencies may turn round in one apply, and a cycle is refused", () => {
  const two = (a: string[], b: string[]): AppBody => ({
    services: [
      { name: "shop_a", image: "a:1", dependsOn: a.map((name) => ({ name })) },
      { name: "shop_b", image: "b:1", dependsOn: b.map((name) => ({ name })) },
    ],
  });
  apps.apply(two([], ["shop_a"]));
  expect(apps.apply(two(["shop_b"], []))).toEqual(["service shop_a updated", "service shop_b updated"]);
  expect(apps.refused(apps.command(two(["shop_b"], ["shop_a"])))).toBe(
    "unprocessable: services shop_a: dependsOn: shop_a would wait for itself: shop_a waits for shop_b, which waits for shop_a",
  );
});

describe("a job", () => {
  const job = (more: object = {}): AppBody => ({ jobs: [{ name: "shop_migrate", image: "migrate:1", ...more }] });
  const record = () => apps.state.jobNamed("shop_migrate");

  test("runs again for another template, and only then", () => {
    apps.apply(job());
    const first = record()!.jobId;
    expect(apps.apply(job({ backoffLimit: 3 }))).toEqual(["job shop_migrate updated"]);
    expect(record()).toMatchObject({ jobId: first, backoffLimit: 3 });
    expect(apps.apply(job({ image: "migrate:2" }))).toEqual(["job shop_migrate updated"]);
    expect(record()!.jobId).not.toBe(first);
  });

  test("that has run and whose time to live is over does not run again", () => {
    apps.apply(job({ ttlAfterFinished: 1000 }));
    const [taskId] = apps.state.jobTasks.of(record()!.jobId);
    for (const status of ["running", "completed"] as const)
      apps.do(apps.world.report(taskId!, { status, ...(status === "completed" ? { exitCode: 0 } : {}) }));
    apps.world.now += 2000;
    apps.do({ type: "wake" });
    expect(record()).toBeUndefined();
    expect(apps.world.do(apps.command(job({ ttlAfterFinished: 1000 }))).changes).toEqual([]);
    apps.apply(job({ ttlAfterFinished: 1000, image: "migrate:2" }));
    expect(record()).toBeDefined();
  });

  test("may become a schedule", () => {
    apps.apply(job());
    const schedules = [{ name: "shop_migrate", image: "migrate:1", cron: "0 3 * * *" }];
    expect(apps.apply({ schedules })).toEqual(["job shop_migrate removed", "schedule shop_migrate created"]);
  });
});

test("an app that names members of another one is refused before it is sent on", () => {
  expect(() => contentOf("shop", { services: [{ name: "web", image: "a:1" }] })).toThrow(
    "services web: the names of the members of shop begin with shop_",
  );
  expect(() => contentOf("shop", { services: [{ name: "shop_web", image: "a:1", namespace: "other" }] })).toThrow(
    "services shop_web: namespace: it is other, and the app is shop",
  );
});
