// --dry-run of the commands that change services and nodes, and podling why-not, with a real master. The test plays the workers.

import { describe, expect, test } from "bun:test";
import type { Plan } from "../../src/model/plan/plan.ts";
import { playedCluster, quick } from "./playing-worker.ts";

const { ok, podling, cluster } = playedCluster({}, "each");
const web = (more = "") => ok(`service create web --image app:1 --replicas 2 ${quick} ${more}`);
const second = () => cluster().node("n2", { capacity: 1000, version: "1", features: ["node-address"] });
const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

describe("--dry-run", () => {
  test("of service scale: exit code 2, the nodes, and nothing is changed", async () => {
    await web();
    await second();
    const { code, out } = await podling("service scale web=4 --dry-run");
    expect(code).toBe(2);
    expect(out).toMatch(/^web +update replicas: 2 -> 4; 2 start; serves after about [\d.]+ s\n/);
    expect(out).toMatch(/\nn1 +\+web\.\d\nn2 +\+web\.\d\n/);
    expect(out).toMatch(/\n\d+ steps in about [\d.]+ s\n$/);
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect(JSON.parse(await ok("service inspect web")).mode.replicas).toBe(2);
  });

  test("of what is so already: exit code 0", async () => {
    await web();
    expect(await podling("service scale web=2 --dry-run")).toMatchObject({
      code: 0,
      out: "web  unchanged\n\nnothing to do\n",
    });
    expect((await podling("service update web --image app:1 --dry-run")).code).toBe(0);
  });

  test("of service update, rollback and rm", async () => {
    await web();
    const update = await podling("service update web --image app:2 --dry-run");
    expect(update.code).toBe(2);
    expect(update.out).toContain("web  update image: app:1 -> app:2; start-first; 2 start; 2 stop;");
    await ok(`service update web --image app:2 ${quick}`);
    expect((await podling("service rollback web --dry-run")).out).toContain("image: app:2 -> app:1");
    const removed = await podling("service rm web --dry-run");
    expect(removed).toMatchObject({ code: 2, err: "" });
    expect(removed.out).toMatch(/^web {2}remove, 2 replicas\n\nn1 {3}-web\.1 -web\.2\n/);
    expect((await podling("service ls")).out).toContain("web");
  });

  test("of node drain and node rm: what moves, and what waits with the reason", async () => {
    await web();
    const drain = await podling("node drain n1 --dry-run", { terminal: 72 });
    expect(drain.code).toBe(2);
    expect(drain.out).toContain("node n1  update draining: false -> true");
    expect(drain.out).toContain("warning: web.1");
    expect(widest(drain.out)).toBeLessThanOrEqual(72);
    await second();
    const removed = await podling("node rm n1 --dry-run -o json");
    expect(removed.code).toBe(2);
    const plan = JSON.parse(removed.out) as Plan;
    expect(plan.nodes).toMatchObject([
      { hostname: "n1", remove: ["web.1", "web.2"] },
      { hostname: "n2", add: ["web.1", "web.2"] },
    ]);
    expect((await podling("nodes")).out).not.toContain("draining");
  });

  test("of several services is a list, and -o json without it is refused", async () => {
    await web();
    await ok(`service create api --image app:1 ${quick}`);
    const plans = JSON.parse((await podling("service scale web=3 api=1 --dry-run -o json")).out) as Plan[];
    expect(plans.map(({ hasChanges }) => hasChanges)).toEqual([true, false]);
    expect((await podling("service scale web=3 -o json")).code).toBe(64);
    expect((await podling("service scale nothing=3 --dry-run")).err).toContain("nothing");
  });
});

describe("why-not", () => {
  test("says what keeps a task from a node, and what would change that", async () => {
    await web();
    await second();
    await ok("node cordon n2");
    const { code, out } = await podling("why-not web.1 n2");
    expect(code).toBe(0);
    expect(out).toBe("web.1 does not fit on n2: n2 is cordoned\nTo change that: uncordon n2\n");
    expect(JSON.parse(await ok("why-not web.1 n2 -o json"))).toMatchObject({ fits: false, isThere: false });
    await ok("node uncordon n2");
    expect(await ok("why-not web.1 n2")).toContain("web.1 fits on n2, the best node for it now; it stays on n1");
    expect(await ok("why-not web.1 n1")).toBe("web.1 is on n1\n");
  });

  test("refuses what is not there", async () => {
    await web();
    expect(await podling("why-not web.1 n9")).toMatchObject({ code: 1 });
    expect(await podling("why-not nothing n1")).toMatchObject({ code: 1 });
    expect(await podling("why-not web.1")).toMatchObject({ code: 64 });
  });
});
