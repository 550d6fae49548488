// A worker's stream that breaks, a master that was suspended, and clocks that jump: which nodes are suspect, which are
// lost, and when, to the millisecond.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { paceOf } from "../../src/master/node-health/leases.ts";
import { limits } from "../../src/model/limits.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, type EventTap, expectRefusal, TestClock, TestMaster } from "./in-process.ts";

const second = 1000;
const { leaseMs, graceMs } = paceOf(2, false);
const worker = { version: "1.0.0" };

let clock: TestClock;
let podling: TestMaster;
let node: Node;
let stream: EventTap;

beforeEach(async () => {
  clock = new TestClock();
  podling = new TestMaster({ clock });
  node = await podling.register("n1", worker);
  await podling.register("n2", worker);
  stream = await follow();
});
afterEach(() => podling.stop());

const follow = () => podling.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
const beat = (id = "n1") => podling.ask("POST", `/api/v1/nodes/${id}/heartbeat`);
const now = () => podling.node("n1");

/** The other node keeps sending heartbeats: if it were silent as well, mass-loss protection would be active. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= second) {
    await beat("n2");
    await clock.advance(Math.min(left, second));
  }
}

async function breakStream(): Promise<void> {
  stream.close();
  await until("the master to see it", async () => (await now()).suspect !== null);
}

describe("a worker whose stream breaks", () => {
  test("is suspect at once, with a reason, and gets no new tasks; its tasks continue", async () => {
    const on1 = { constraints: ["node==n1"] };
    const before = await podling.create("before", on1);
    await breakStream();
    expect(await now()).toMatchObject({
      status: "online",
      suspect: {
        code: "connection-broken",
        message: "its connection broke at 12:00:00 UTC; it has 2.5 s to come back",
        since: "2025-01-19T12:00:00.000Z",
      },
    });
    const after = await podling.create("after", on1);
    expect(after.status).toBe("pending");
    expect(after.reason.message).toContain("not reachable (n1 is suspect: its connection broke");
    expect(await podling.task(before.taskId)).toMatchObject({ status: "scheduled", nodeId: node.nodeId });
    await beat();
    expect(await podling.task(after.taskId)).toMatchObject({ status: "scheduled", nodeId: node.nodeId });
  });

  test("and does not come back is lost when its grace ends, to the millisecond", async () => {
    const task = await podling.create("always", { restartPolicy: "always", constraints: ["node!=n2"] });
    await breakStream();
    await pass(graceMs - 1);
    expect(await now()).toMatchObject({ status: "online" });
    await beat("n2");
    await clock.advance(1);
    expect(await now()).toMatchObject({ status: "offline", suspect: null });
    const lost = await podling.task(task.taskId);
    expect(lost).toMatchObject({ status: "failed", reason: { code: "node-lost" } });
    expect(lost.reason.message).toContain("broke its connection, and sent no heartbeat for 2.5 s");
  });

  const signs: [what: string, give: () => Promise<unknown>][] = [
    ["a heartbeat", () => beat()],
    ["a registration", () => podling.register("n1", { ...worker, nodeId: node.nodeId })],
    ["a new stream", async () => (stream = await follow())],
  ];
  test.each(signs)("and sends %s has an ordinary lease from then", async (_, give) => {
    const task = await podling.create("keeps-running", { constraints: ["node==n1"] });
    await podling.report(task, "running");
    await breakStream();
    await pass(graceMs - 1);
    await give();
    await until("the suspicion to end", async () => (await now()).suspect === null);
    await pass(leaseMs - 1);
    expect(await now()).toMatchObject({ status: "online", flapping: null });
    expect(await podling.task(task.taskId)).toMatchObject({ status: "running", restarts: 0 });
    await beat("n2");
    await clock.advance(1);
    expect((await now()).status).toBe("offline");
  });

  test("late in its lease gets no extension by the grace", async () => {
    await pass(leaseMs - 0.5 * second);
    await breakStream();
    await beat("n2");
    await clock.advance(0.5 * second);
    expect((await now()).status).toBe("offline");
  });

  test("but has another one is not suspect", async () => {
    const other = await follow();
    stream.close();
    await until("the first stream to be gone", async () => (await streams()) === 1);
    expect((await now()).suspect).toBeNull();
    stream = other;
    await breakStream();
  });

  test("of a node registered by hand has no effect", async () => {
    const hand = await podling.register("curl");
    const tap = await podling.stream(`/api/v1/nodes/${hand.nodeId}/assignments`);
    tap.close();
    await until("the stream to be gone", async () => (await streams()) === 1);
    await breathe();
    expect(await podling.node(hand.nodeId)).toMatchObject({ suspect: null, status: "online" });
    await pass(leaseMs + second);
    expect((await podling.node(hand.nodeId)).status).toBe("online");
  });

  test("while the journal cannot write is lost when it can, if it is still silent", async () => {
    const journal = openMemoryJournal();
    const master = new TestMaster({ clock, journal });
    const other = await master.register("n1", worker);
    await master.register("n2", worker);
    const keep = async (ms: number) => {
      for (let left = ms; left > 0; left -= second) {
        await master.ask("POST", "/api/v1/nodes/n2/heartbeat");
        await clock.advance(Math.min(left, second));
      }
    };
    const tap = await master.stream(`/api/v1/nodes/${other.nodeId}/assignments`);
    journal.refuseWrites("the disk is full");
    tap.close();
    await until("the stream to be gone", async () => /podling_streams 0/.test(await master.do("GET", "/metrics")));
    await keep(graceMs + second);
    expect(await master.node("n1")).toMatchObject({ status: "online", suspect: null });
    journal.refuseWrites(null);
    await keep(3 * second);
    expect((await master.node("n1")).status).toBe("offline");
    await master.stop();
  });

  async function streams(): Promise<number> {
    return Number(/^podling_streams (\d+)$/m.exec(await podling.do<string>("GET", "/metrics"))![1]);
  }
});

describe("a master that was held up", () => {
  test("for thirty seconds waits for a whole lease before it declares nodes lost; a node whose stream broke meanwhile has as long", async () => {
    await pass(2 * second);
    clock.sleep(30 * second);
    stream.close();
    await until("the master to see it", async () => (await now()).suspect !== null);
    await clock.advance(leaseMs - 1);
    expect([(await now()).status, (await podling.node("n2")).status]).toEqual(["online", "online"]);
    await beat("n2");
    await clock.advance(1);
    expect([(await now()).status, (await podling.node("n2")).status]).toEqual(["offline", "online"]);
  });

  test("handles a heartbeat first that came in while it was suspended", async () => {
    await pass(second);
    clock.sleep(30 * second);
    await Promise.all([beat(), beat("n2")]);
    await clock.advance(leaseMs - 1);
    expect([(await now()).status, (await podling.node("n2")).status]).toEqual(["online", "online"]);
  });

  test.each([
    ["no longer than a pulse changes nothing", limits.pulseMs, 0],
    ["for some time gives everybody that much longer", limits.pulseMs + 200, limits.pulseMs + 200],
  ])("%s", async (_, sleepMs, moreMs) => {
    await beat();
    // A pulse is just due, so that all of the sleep is seen.
    clock.sleep(limits.pulseMs + sleepMs);
    await beat("n2");
    const left = leaseMs - limits.pulseMs - sleepMs + moreMs;
    await pass(left - 1);
    expect((await now()).status).toBe("online");
    await clock.advance(1);
    expect((await now()).status).toBe("offline");
  });
});

describe("a wall clock that is set", () => {
  test.each([
    ["hours ahead", 5 * 3600 * second],
    ["hours back", -5 * 3600 * second],
  ])("%s loses no node, and delays no loss", async (_, ms) => {
    await beat();
    clock.jump(ms);
    await pass(leaseMs - 1);
    expect((await now()).status).toBe("online");
    await beat("n2");
    await clock.advance(1);
    expect((await now()).status).toBe("offline");
    expect((await podling.node("n2")).status).toBe("online");
  });
});

describe("declared lost by hand", () => {
  test("a node that has just sent a heartbeat is refused, with numbers, unless forced", async () => {
    const task = await podling.create("web", { constraints: ["node==n1"] });
    await beat();
    await clock.advance(0.4 * second);
    const refused = await podling.ask("POST", "/api/v1/nodes/n1/lost");
    expectRefusal(refused, 409, "node-alive");
    expect((refused.body as unknown as { error: string }).error).toBe(
      `n1 (${node.nodeId}) sent its last heartbeat 0.4 s ago`,
    );
    expect(await podling.do("POST", "/api/v1/nodes/n1/lost?force=true")).toMatchObject({ status: "offline" });
    const lost = await podling.task(task.taskId);
    expect(lost).toMatchObject({ status: "failed", reason: { code: "node-lost" } });
    expect(lost.reason.message).toBe(`n1 (${node.nodeId}) was declared lost by hand`);
  });

  test.each([
    ["silent for more than half a lease", () => pass(leaseMs / 2 + 1)],
    ["suspect", () => breakStream()],
  ])("a node that is %s is lost at once; again is the same; it comes back, and that was no flapping", async (_, be) => {
    await be();
    for (let i = 0; i < 2; i++) {
      expect(await podling.do("POST", "/api/v1/nodes/n1/lost")).toMatchObject({ status: "offline", suspect: null });
    }
    await beat();
    expect(await now()).toMatchObject({ status: "online", flapping: null });
  });

  test("a node that does not exist is not found", async () => {
    expectRefusal(await podling.ask("POST", "/api/v1/nodes/n9/lost"), 404, "node-not-found");
  });
});
