// podling rebalance with a real master. The test plays the workers.

import { expect, test } from "bun:test";
import type { RebalanceAnswer } from "../../src/api/views/rebalance-answer.ts";
import type { Asked, Ran } from "./harness.ts";
import { playedCluster, quick } from "./playing-worker.ts";

const { cluster } = playedCluster({}, "each");

async function ok(line: string, asked?: Asked): Promise<Ran> {
  const ran = await cluster().podling(line, asked);
  if (ran.code !== 0) throw new Error(`podling ${line}: ${ran.code} ${ran.err}`);
  return ran;
}
/** Four replicas on one node, and an empty one beside it. */
async function crowded(more = ""): Promise<void> {
  await ok(`service create web --image app:1 --replicas 4 ${quick} ${more}`);
  await cluster().node("n2", { capacity: 1000, version: "1", features: ["node-address"] });
}
const replicasOn = async (hostname: string) =>
  JSON.parse((await ok(`node inspect ${hostname}`)).out).runningTasks as number;

test("--dry-run lists the moves with their reasons, and moves nothing", async () => {
  await crowded();
  const { out } = await ok("rebalance --dry-run");
  expect(out).toMatch(/^REPLICA +FROM +TO +WHY\nweb\.\d +n1 +n2 +n1 has 4 of 1000 tasks, n2 has 0 of 1000 tasks\n/);
  expect(out.trim().split("\n").length).toBe(3);
  const json = JSON.parse((await ok("rebalance --dry-run -o json")).out) as RebalanceAnswer;
  expect(json).toMatchObject({ started: null, underWay: [], kept: [] });
  expect(json.moves.length).toBe(2);
  expect(await replicasOn("n2")).toBe(0);
});

test("asks first: no without a terminal, and no if the answer is not yes", async () => {
  await crowded();
  const piped = await cluster().podling("rebalance");
  expect(piped.code).toBe(64);
  expect(piped.err).toContain("--yes");
  const refused = await cluster().podling("rebalance", { terminal: 80, typed: ["n"] });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("Move 2 replicas? [y/N]");
  expect(await replicasOn("n2")).toBe(0);
});

test("--yes makes one move after the other until the nodes are even", async () => {
  await crowded();
  const { err } = await ok("rebalance --yes");
  expect(err).toMatch(/web\.\d moved from n1 to n2\nweb\.\d moved from n1 to n2\n2 replicas moved, after /);
  expect([await replicasOn("n1"), await replicasOn("n2")]).toEqual([2, 2]);
  expect((await ok("rebalance")).err).toContain("nothing to move");
});

test("names what stays with its data", async () => {
  await crowded("-v /srv:/srv");
  const { err } = await ok("rebalance --dry-run");
  expect(err).toContain("not moved, because their data lies on their node: web.");
  expect(err).toContain("(folder /srv)");
  expect((await ok("rebalance --dry-run --include-data")).out).toContain("n2");
});
