// Most nodes stop sending heartbeats at once: mass-loss protection is active and shown, until enough nodes are back or
// a person declares them lost.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paceOf } from "../../src/master/node-health/leases.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { openQuickJournal, TestClock, TestMaster } from "./in-process.ts";

const second = 1000;
const worker = { version: "1.0.0" };
const { leaseMs, graceMs } = paceOf(3, false);

let clock: TestClock;
let podling: TestMaster;
beforeEach(() => {
  clock = new TestClock();
});
afterEach(() => podling.stop());

async function cluster(names: readonly string[], more: object = {}): Promise<void> {
  podling = new TestMaster({ clock, ...more });
  for (const name of names) await podling.register(name, worker);
}

const beat = (name: string) => podling.do("POST", `/api/v1/nodes/${name}/heartbeat`);

/** Those that are named go on beating; each beat comes a little before its second is over. */
async function pass(ms: number, ...beating: string[]): Promise<void> {
  for (let left = ms; left > 0; left -= second) {
    for (const name of beating) await beat(name);
    await clock.advance(Math.min(left, second));
  }
}

const nodes = () => podling.do<Node[]>("GET", "/api/v1/nodes");
const statuses = async () => (await nodes()).map(({ status }) => status).join(" ");
const suspicions = async () => (await nodes()).map(({ suspect }) => suspect?.code ?? "-").join(" ");
const holds = async () => /^podling_mass_loss_hold 1$/m.test(await podling.do<string>("GET", "/metrics"));

const three = ["n1", "n2", "n3"];

describe("how many must be silent", () => {
  const of = (count: number) => Array.from({ length: count }, (_, index) => `n${index + 1}`);
  test.each([
    [1, 1, {}, false],
    [2, 1, {}, false],
    [2, 2, {}, true],
    [3, 1, {}, false],
    [3, 2, {}, true],
    [3, 3, {}, true],
    [4, 2, {}, false],
    [4, 3, {}, true],
    [10, 2, { massLossFraction: 0.1 }, true],
    [3, 3, { massLossFraction: 1 }, false],
    [4, 3, { massLossFraction: 0.75 }, false],
  ])("of %d nodes %d, %p: does it hold? %p", async (all, silent, options, does) => {
    const names = of(all);
    await cluster(names, options);
    const beating = names.slice(silent);
    // Those that are cut off have beaten anywhere in the second before.
    for (const [index, name] of names.slice(0, silent).entries()) {
      await clock.advance(index === 0 ? 0 : Math.floor(900 / silent));
      await beat(name);
    }
    await pass(leaseMs + second, ...beating);
    expect(await holds()).toBe(does);
    expect((await nodes()).filter(({ status }) => status === "offline")).toHaveLength(does ? 0 : silent);
  });

  test("nodes that are lost one after the other are lost", async () => {
    await cluster(three);
    await pass(leaseMs, "n2", "n3");
    expect(await statuses()).toBe("offline online online");
    await pass(leaseMs, "n3");
    expect(await statuses()).toBe("offline offline online");
    await pass(leaseMs);
    expect(await statuses()).toBe("offline offline offline");
  });

  test("nodes registered by hand do not count, and are lost as usual", async () => {
    await cluster(["n1", "n2"]);
    for (const name of ["h1", "h2", "h3"]) await podling.register(name);
    await pass(leaseMs, "n2");
    expect(await holds()).toBe(false);
    expect(await podling.node("n1")).toMatchObject({ status: "offline" });
    await pass(90 * second - leaseMs, "n2");
    expect((await nodes()).map(({ hostname, status }) => `${hostname} ${status}`).join()).toBe(
      "h1 offline,h2 offline,h3 offline,n1 offline,n2 online",
    );
  });
});

describe("while it holds", () => {
  beforeEach(async () => {
    await cluster(three);
    await pass(leaseMs);
  });

  test("no node is lost, each says why, and nothing new is placed", async () => {
    expect([await holds(), await statuses()]).toEqual([true, "online online online"]);
    expect((await nodes())[0]!.suspect).toMatchObject({
      code: "mass-silence",
      message:
        "no heartbeat for 3.5 s, nor from 3 of 3 nodes in all: mass-loss protection keeps it from being declared lost",
    });
    const task = await podling.create("waits");
    expect(task.status).toBe("pending");
    expect(task.reason.message).toContain("3 not reachable (n1 is suspect: no heartbeat for 3.5 s");
    await pass(3600 * second);
    expect([await holds(), await statuses()]).toEqual([true, "online online online"]);
  });

  test("and too few send heartbeats: it stays active; enough: those still silent have a lease from then", async () => {
    await pass(2 * second, "n1");
    expect([await holds(), await suspicions()]).toEqual([true, "- mass-silence mass-silence"]);
    await pass(0.5 * second, "n1", "n2");
    expect([await holds(), await suspicions()]).toEqual([false, "- - silent"]);
    expect((await podling.node("n3")).suspect?.message).toMatch(
      /^no heartbeat for [\d.]+ s; it is declared lost in 3\.5 s unless/,
    );
    await pass(leaseMs - 1, "n1", "n2");
    expect(await statuses()).toBe("online online online");
    await pass(1, "n1", "n2");
    expect(await statuses()).toBe("online online offline");
  });

  test("and all send heartbeats again: nothing was lost", async () => {
    const task = await podling.create("waits");
    await pass(second, ...three);
    expect([await holds(), await suspicions()]).toEqual([false, "- - -"]);
    expect((await podling.task(task.taskId)).status).toBe("scheduled");
    await pass(10 * second, ...three);
    expect(await statuses()).toBe("online online online");
  });

  test("a person may say which are lost; their tasks go where capacity is free", async () => {
    await pass(second, "n1");
    expect(await holds()).toBe(true);
    expect(await podling.do("POST", "/api/v1/nodes/n2/lost")).toMatchObject({ status: "offline", suspect: null });
    // Of two that are left, one is silent: that one is declared lost.
    await pass(second, "n1");
    expect([await holds(), await suspicions()]).toEqual([false, "- - silent"]);
    await pass(leaseMs, "n1");
    expect(await statuses()).toBe("online offline offline");
  });
});

test("a thousand streams broken at once are suspected at once, and held when no grace was used", async () => {
  await cluster(three);
  const all = await nodes();
  const taps = await Promise.all(all.map(({ nodeId }) => podling.stream(`/api/v1/nodes/${nodeId}/assignments`)));
  for (const tap of taps) tap.close();
  await until("all to be suspect", async () => (await suspicions()) === Array(3).fill("connection-broken").join(" "));
  await clock.advance(graceMs);
  expect([await holds(), await statuses()]).toEqual([true, "online online online"]);
});

test("a master that restarts during mass-loss protection decides the same, a lease later", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-mass-loss-"));
  await cluster(three, { journal: openQuickJournal(folder) });
  await pass(leaseMs);
  expect(await holds()).toBe(true);
  await podling.stop();
  podling = new TestMaster({ clock, journal: openQuickJournal(folder) });
  expect([await holds(), await suspicions()]).toEqual([false, Array(3).fill("mass-silence").join(" ")]);
  await clock.advance(leaseMs);
  expect([await holds(), await statuses()]).toEqual([true, "online online online"]);
  await pass(second, ...three);
  expect([await holds(), await suspicions()]).toEqual([false, "- - -"]);
  rmSync(folder, { recursive: true });
});
