// A node that is lost repeatedly: when it is back, it gets tasks only if no other node fits, until it has been online
// for a time. The record keeps that over a restart of the master, also if the wall clock was set back.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paceOf } from "../../src/master/node-health/leases.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import { limits } from "../../src/model/limits.ts";
import { openQuickJournal, TestClock, TestMaster } from "./in-process.ts";

const second = 1000;
const { leaseMs } = paceOf(1, false);

let clock: TestClock;
let podling: TestMaster;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "podling-damping-"));
  clock = new TestClock();
  podling = new TestMaster({ clock, journal: openQuickJournal(folder) });
  await podling.register("n1", { version: "1.0.0" });
});
afterEach(async () => {
  await podling.stop();
  rmSync(folder, { recursive: true });
});

const beat = () => podling.do("POST", "/api/v1/nodes/n1/heartbeat");

async function lostAndBack(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await clock.advance(leaseMs);
    expect((await podling.node("n1")).status).toBe("offline");
    await beat();
  }
}

async function steadyFor(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= second) {
    await clock.advance(Math.min(left, second));
    await beat();
  }
}

const isDamped = async () => ((await podling.node("n1")).flapping?.steadyUntil ?? null) !== null;

test("two losses damp nothing; the third damps for 30 s, the next for 60 s, to the millisecond", async () => {
  await lostAndBack(2);
  expect((await podling.create("second")).reason.message).toBe("placed on n1, not started yet");
  await lostAndBack(1);
  expect(await podling.create("third")).toMatchObject({
    status: "scheduled",
    reason: { message: "placed on n1, not started yet: n1 was lost 3 times lately; no steady node fits" },
  });
  await steadyFor(limits.flapSteadyMs - 1);
  expect(await isDamped()).toBe(true);
  await clock.advance(1);
  expect(await isDamped()).toBe(false);
  await lostAndBack(1);
  await steadyFor(limits.flapSteadyMs);
  expect(await isDamped()).toBe(true);
  await steadyFor(limits.flapSteadyMs);
  expect(await isDamped()).toBe(false);
});

test("a task is explained with the damped node that took it", async () => {
  await lostAndBack(3);
  const { taskId } = await podling.create("web");
  const explanation = await podling.do<Explanation>("GET", `/api/v1/tasks/${taskId}/explanation`);
  expect(explanation.summary).toEndWith("but lost 3 times lately, the only node; no steady node fits");
  const [node] = explanation.nodes;
  expect(node).toMatchObject({ fits: true, chosen: true });
  expect(node!.score).toBeLessThan(0);
  expect(node!.filters.find(({ filter }) => filter === "steady")).toMatchObject({ passed: true });
});

test("a node that is lost before its period is over is damped for longer", async () => {
  await lostAndBack(3);
  await steadyFor(20 * second);
  await lostAndBack(1);
  await steadyFor(limits.flapSteadyMs);
  expect(await podling.node("n1")).toMatchObject({ flapping: { losses: 4, steadyMs: 60 * second } });
  expect(await isDamped()).toBe(true);
});

test("uncordon ends the damping at once, and the metrics count it", async () => {
  await lostAndBack(3);
  const damped = async () => /^podling_nodes_damped (\d)$/m.exec(await podling.do<string>("GET", "/metrics"))![1];
  expect(await damped()).toBe("1");
  await podling.do("POST", "/api/v1/nodes/n1/uncordon");
  expect([await isDamped(), await damped()]).toEqual([false, "0"]);
});

test.each([
  ["", 0],
  [", and whose clock was set back by hours", -5 * 3600 * second],
])("a master that was restarted%s ends the damping in time", async (_, jumpMs) => {
  await lostAndBack(3);
  await podling.stop();
  clock.jump(jumpMs);
  podling = new TestMaster({ clock, journal: openQuickJournal(folder) });
  await podling.ask("GET", "/api/v1/backup"); // waits for the first batch, which ends at the time of the restart
  await beat();
  await steadyFor(limits.flapSteadyMs - second);
  expect(await isDamped()).toBe(true);
  await steadyFor(second);
  expect(await isDamped()).toBe(false);
});
