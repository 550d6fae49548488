// What the master keeps and tells of services: the events of the watch stream, backups, and a restart on its journal.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backupMediaType } from "../../src/api/views/backup-file.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { type Answer, openQuickJournal, TestMaster } from "./in-process.ts";
import { get, input, reaches, services, tasksOf, work } from "./service-worker.ts";

test("the watch stream has the events of services, with the counts of replicas and the template", async () => {
  const podling = new TestMaster();
  await podling.register("n1", { version: "1", capacity: 10 });
  const tap = await podling.stream("/api/v1/watch");
  const { serviceId } = await podling.do<ServiceView>("POST", services, input("watched"));
  await reaches(podling, "watched");
  await podling.do("DELETE", `${services}/watched`);
  const { data } = await tap.next("service.removed", (event) => event.data.type === "service.removed");
  tap.close();
  expect(data).toMatchObject({ name: "watched", serviceId, by: { kind: "user" } });
  const events = tap.events.map((event) => event.data).filter(({ service }) => service !== undefined);
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["service.created", "service.updated"]));
  for (const { service } of events)
    expect(service).toMatchObject({
      ...{ serviceId, name: "watched", template: { containers: [{ image: "app:1" }] } },
      replicas: { wanted: 2, serving: expect.any(Number), live: expect.any(Number) },
    });
  await podling.stop();
});

test("a backup has services and revisions, and a restore brings them back", async () => {
  const source = new TestMaster();
  await source.register("n1", { version: "1", capacity: 10 });
  await source.do("POST", services, input("kept"));
  const before = await reaches(source, "kept");
  const text = await (await fetch(`${source.url}/api/v1/backup`)).text();
  expect(text.split("\n").filter((line) => /^\{"kind":"(service|revision)"/.test(line))).toHaveLength(2);
  await source.do("PUT", `${services}/kept`, input("kept", { image: "app:2" }));
  await reaches(source, "kept");
  await source.do("DELETE", `${services}/kept`);
  await source.do("POST", services, input("later"));
  const headers = { "content-type": backupMediaType };
  const restored: Answer = await source.ask("POST", "/api/v1/restore", { text, headers });
  expect(restored.status).toBe(200);
  const { serviceId, name, target, stable, template, mode, policy } = before;
  expect(await get(source, "kept")).toMatchObject({
    serviceId,
    name,
    target,
    stable,
    template,
    mode,
    policy,
  } as object);
  expect((await source.do<ServiceView[]>("GET", services)).map((one) => one.name)).toEqual(["kept"]);
  await source.do("PUT", `${services}/kept`, input("kept", { image: "app:9" }));
  expect(await get(source, "kept")).toMatchObject({ target: 2, newest: 2 });
  await source.stop();
});

test("after a restart of the master, services are there, and a rollout goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-services-"));
  let master = new TestMaster({ journal: openQuickJournal(folder) });
  await master.register("n1", { version: "1", capacity: 10 });
  await master.do("POST", services, input("kept", { replicas: 3 }));
  await reaches(master, "kept");
  await master.do("PUT", `${services}/kept`, input("kept", { replicas: 3, image: "app:2" }));
  await work(master, "kept");
  const before = await get(master, "kept");
  expect(before.rollout).not.toBeNull();
  await master.stop();
  master = new TestMaster({ journal: openQuickJournal(folder) });
  expect(await get(master, "kept")).toMatchObject({ serviceId: before.serviceId, target: 2, rollout: { to: 2 } });
  expect(await reaches(master, "kept")).toMatchObject({ stable: 2, replicas: { updated: 3 } });
  expect((await tasksOf(master, "kept")).map(({ name, image }) => `${name} ${image}`)).toEqual(
    [1, 2, 3].map((slot) => `kept.${slot} app:2`),
  );
  await master.stop();
  rmSync(folder, { recursive: true });
});
