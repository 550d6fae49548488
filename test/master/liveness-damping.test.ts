// A node that is lost again and again: on its return nothing is placed on it before it has been steady; and the record
// carries that over a restart of the master, whatever the clock on the wall says.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paceOf } from "../../src/master/node-health/leases.ts";
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

const statusOf = async ({ taskId }: { taskId: string }) => (await podling.task(taskId)).status;

test("two losses are none of it; the third waits 30 s, the next 60 s, to the millisecond", async () => {
  await lostAndBack(2);
  expect(await statusOf(await podling.create("second"))).toBe("scheduled");
  await lostAndBack(1);
  const third = await podling.create("third");
  expect(third.reason.message).toContain(
    "n1 was lost 3 times lately: nothing new before it has been steady for 30 s, at ",
  );
  await steadyFor(limits.flapSteadyMs - 1);
  expect(await statusOf(third)).toBe("pending");
  await clock.advance(1);
  expect(await statusOf(third)).toBe("scheduled");
  await lostAndBack(1);
  const fourth = await podling.create("fourth");
  await steadyFor(limits.flapSteadyMs);
  expect(await statusOf(fourth)).toBe("pending");
  await steadyFor(limits.flapSteadyMs);
  expect(await statusOf(fourth)).toBe("scheduled");
});

test("lost before it was steady, it starts anew and for longer", async () => {
  await lostAndBack(3);
  await steadyFor(20 * second);
  await lostAndBack(1);
  const task = await podling.create("waits");
  await steadyFor(limits.flapSteadyMs);
  expect(await podling.node("n1")).toMatchObject({ flapping: { losses: 4, steadyMs: 60 * second } });
  expect(await statusOf(task)).toBe("pending");
});

test("uncordon ends it at once, and the metrics count it", async () => {
  await lostAndBack(3);
  const task = await podling.create("waits");
  const damped = async () => /^podling_nodes_damped (\d)$/m.exec(await podling.do<string>("GET", "/metrics"))![1];
  expect(await damped()).toBe("1");
  await podling.do("POST", "/api/v1/nodes/n1/uncordon");
  expect([await statusOf(task), await damped()]).toEqual(["scheduled", "0"]);
});

test.each([
  ["", 0],
  [", and whose clock was set back by hours", -5 * 3600 * second],
])("a master that starts anew%s lets it go in time", async (_, jumpMs) => {
  await lostAndBack(3);
  const task = await podling.create("waits");
  await podling.stop();
  clock.jump(jumpMs);
  podling = new TestMaster({ clock, journal: openQuickJournal(folder) });
  await beat();
  await steadyFor(limits.flapSteadyMs - second);
  expect(await statusOf(task)).toBe("pending");
  await steadyFor(second);
  expect(await statusOf(task)).toBe("scheduled");
});
