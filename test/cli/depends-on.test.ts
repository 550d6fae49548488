// podling service and job with --depends-on, with a real master. The test acts as the worker.

import { expect, test } from "bun:test";
import type { JobView } from "../../src/model/job/view.ts";
import { playedCluster, quick, serviceLines } from "./playing-worker.ts";

const { ok, podling } = playedCluster();
const { inspect, ps, steady } = serviceLines(ok);

test("a service waits for another one, says so everywhere, and starts when that is there", async () => {
  await ok(`service create web --image app:1 ${quick} --depends-on db:healthy -d`);
  expect(await inspect("web")).toMatchObject({
    dependsOn: [{ name: "db", condition: "healthy" }],
    waitsFor: { name: "db", why: "there is no service or job of this name", scope: "changes" },
  });
  expect((await ps("web")).map(({ status, reason }) => `${status} ${reason.code}`)).toEqual([
    "pending waiting-for-dependency",
  ]);
  const sentence = /waits for db: there is no service or job of this name, for \d+ s/;
  expect(await ok("explain web.1")).toMatch(sentence);
  expect(await ok("ps")).toContain("pending (waiting-for-dependency)");
  expect(await ok("service ls -o wide")).toMatch(/ waiting /);
  const waited = await podling("service scale web=2 --timeout 300ms");
  expect(waited.code).toBe(2);
  expect(waited.err).toMatch(sentence);
  expect((await podling("doctor")).out).toContain(
    "2 tasks not started before what it depends on is there: web.1 waits",
  );
  await steady("db");
  await ok("service scale web=2");
  expect(await inspect("web")).toMatchObject({ waitsFor: null, replicas: { serving: 2 } });
});

test("update replaces the list; without the flag it stays, and none ends it", async () => {
  await steady("api", "--depends-on db");
  expect((await inspect("api")).dependsOn).toEqual([{ name: "db", condition: "started" }]);
  await ok("service update api -e A=1 -d");
  expect((await inspect("api")).dependsOn?.length).toBe(1);
  await ok("service update api --depends-on db:healthy --depends-on web -d");
  expect((await inspect("api")).dependsOn?.map(({ name }) => name)).toEqual(["db", "web"]);
  await ok("service update api --depends-on none -d");
  const { dependsOn, newest } = await inspect("api");
  expect([dependsOn, newest]).toEqual([[], 2]);
});

test("jobs and schedules have it as well", async () => {
  await ok("job create import --image app:1 --depends-on none-yet:completed");
  const job = async () => JSON.parse(await ok("job inspect import")) as JobView;
  expect((await job()).dependsOn).toEqual([{ name: "none-yet", condition: "completed" }]);
  expect(await ok("job ls -o wide")).toContain("waits for none-yet");
  expect(await ok("job update import --depends-on none")).toContain("dependsOn");
  const { code } = await podling([
    "job",
    "create",
    "n",
    "--image",
    "a",
    "--schedule",
    "0 3 * * *",
    "--depends-on",
    "db",
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(await ok("job inspect n"))).toMatchObject({ dependsOn: [{ name: "db", condition: "started" }] });
});

test.each([
  ["service create x --image a --depends-on db:ready", 64, "one of started, healthy, completed"],
  ["service create x --image a --depends-on x", 1, "x would wait for itself"],
  ["service create x --image a --depends-on db --depends-on db:healthy", 1, "names each service or job once"],
  ["service create x --selector a=b --depends-on db", 64, "--depends-on is for a service with replicas"],
])("podling %s ends with %i", async (line, status, says) => {
  const { code, out, err } = await podling(line);
  expect({ code, out }).toEqual({ code: status, out: "" });
  expect(err).toContain(says);
});
