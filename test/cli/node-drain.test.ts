// podling node drain and undrain with a real master. The test plays the workers of two nodes.

import { describe, expect, test } from "bun:test";
import type { Node } from "../../src/model/node/node.ts";
import { type Ran, until } from "./harness.ts";
import { playedCluster, quick } from "./playing-worker.ts";

const { cluster } = playedCluster({}, "each");

async function ok(line: string): Promise<Ran> {
  const ran = await cluster().podling(line);
  if (ran.code !== 0) throw new Error(`podling ${line}: ${ran.code} ${ran.err}`);
  return ran;
}
const inspect = async (hostname: string): Promise<Node> => JSON.parse((await ok(`node inspect ${hostname}`)).out);

describe("node drain", () => {
  test("names what moves, what may end by itself and what stays with its data; the node says that it drains", async () => {
    await ok(`service create web --image app:1 ${quick}`);
    await ok("run api --image app -d --restart always");
    await ok("run batch --image app -d");
    await ok("run db --image app -d --restart always -v data:/data");
    await until(async () => (await inspect("n1")).runningTasks === 4);
    const { out, err } = await ok("node drain n1 --deadline 5m");
    expect(out).toBe("n1 draining\n");
    expect(err).toContain("moved when another replica serves: web.1\n");
    expect(err).toContain("stopped, and started on another node: api\n");
    expect(err).toMatch(/may end by themselves until \d\d:\d\d:\d\d.*: batch\n/);
    expect(err).toMatch(/stay on n1 until .*, because their data lies there: db \(volume data\)\n/);
    const { draining } = await inspect("n1");
    expect(Date.parse(draining!.deadlineAt) - Date.parse(draining!.since)).toBe(300_000);
    expect((await ok("nodes")).out).toContain("online, draining");
    const later = await cluster().podling("run later --image app -d");
    expect(later.err).toContain("1 is being drained");
    expect((await ok("explain later")).out).toContain("n1 is being drained since");
    expect((await ok("node uncordon n1")).err).toContain("podling node undrain n1");
    expect((await ok("node undrain n1")).out).toBe("n1 undrained\n");
    expect((await inspect("n1")).draining).toBeUndefined();
  });

  test("--watch follows it until the node is empty, with the replicas that serve", async () => {
    await ok(`service create web --image app:1 --replicas 2 ${quick}`);
    const running = cluster().start("node drain n1 --watch");
    await until(() => running.err().includes("n1: 2 tasks left, web 2/2 serve"));
    await cluster().node("n2", { capacity: 1000, version: "1", features: ["node-address"] });
    expect(await running.ended).toMatchObject({ code: 0, out: "n1 draining\n" });
    expect(running.err()).toContain("n1 is empty, after ");
    expect((await ok("nodes")).out).toContain("online, drained");
    expect((await ok("service ls")).out).toContain("2/2");
  });

  test("--watch of a drain that is ended by someone else: 1", async () => {
    await ok(`service create web --image app:1 ${quick}`);
    const running = cluster().start("node drain n1 -w");
    await until(() => running.err().includes("1 task left"));
    await ok("node undrain n1");
    expect((await running.ended).code).toBe(1);
    expect(running.err()).toContain("n1 is not being drained any more");
  });

  test("--deadline 0s stops what is there at once", async () => {
    await ok("run batch --image app -d");
    const { err } = await ok("node drain n1 --deadline 0s --watch");
    expect(err).toContain("n1 is empty");
    expect((await ok("ps -a")).out).toMatch(/batch .* stopped/);
  });

  test.each([
    ["node drain", "NODE"],
    ["node drain n1 --deadline soon", "--deadline"],
    ["node drain n1 --force", "--deadline 0s"],
    ["node drain n1 --ignore-daemonsets", "leave it out"],
  ])("podling %s is a 64 that says what to type", async (line, says) => {
    const { code, err } = await cluster().podling(line);
    expect(code).toBe(64);
    expect(err).toContain(says);
    expect((await inspect("n1")).draining).toBeUndefined();
  });

  test("of an unknown node: 1", async () => {
    for (const verb of ["drain", "undrain"]) {
      const { code, err } = await cluster().podling(`node ${verb} nowhere`);
      expect(code).toBe(1);
      expect(err).toContain('no node "nowhere"');
    }
  });
});
