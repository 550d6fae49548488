// The worker's connection to its master, on a clock that the test moves: times of heartbeats, time limits, reconnects,
// and how many workers spread them. The master is a fetch function of the test.

import { afterEach, expect, test } from "bun:test";
import { Client } from "../../src/api/client.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { type Log, silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { limits } from "../../src/model/limits.ts";
import { MasterLink } from "../../src/worker/link/master-link.ts";
import type { NodeDescription } from "../../src/worker/link/node-description.ts";
import { breathe, TestClock } from "../master/in-process.ts";

const second = 1000;
const beatAnswer = { nodeId: "node-aaaaaaaa", nextHeartbeatMs: second, leaseMs: 3.5 * second, reconnectWithinMs: 1 };

type Behaviour = "answers" | "refuses" | "hangs" | "unknown";

/** What a master does, and what it was asked, with the time. */
class Wire {
  readonly beats: { at: number; body: unknown }[] = [];
  readonly streams: number[] = [];
  registrations = 0;
  nodeIds: string | null = null;
  behaviour: Behaviour = "answers";
  answer: object = beatAnswer;
  breakStream: () => void = () => {};
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (url.endsWith("/register")) {
      this.registrations++;
      this.nodeIds = new Headers(init.headers).get("podling-node-ids");
      return Response.json(beatAnswer, { status: 201 });
    }
    const at = this.#clock.elapsed();
    if (url.endsWith("/heartbeat")) this.beats.push({ at, body: JSON.parse(String(init.body ?? "{}")) });
    else this.streams.push(at);
    if (this.behaviour === "refuses") throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
    if (this.behaviour === "hangs") {
      return new Promise((_, reject) => {
        init.signal!.addEventListener("abort", () => reject(init.signal!.reason));
      });
    }
    if (url.endsWith("/assignments")) return this.#stream(init.signal!);
    if (this.behaviour === "unknown") {
      return Response.json(
        { error: "there is no node", code: "node-not-found", details: {}, hint: "" },
        { status: 404 },
      );
    }
    return Response.json(this.answer);
  };

  #stream(signal: AbortSignal): Response {
    return new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.breakStream = () => controller.close();
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      }),
    );
  }

  /** Pauses between the heartbeats from the first at or after `from`. */
  pauses(from = 0): number[] {
    const at = this.beats.map((beat) => beat.at).filter((time) => time >= from);
    return at.slice(1).map((time, index) => time - at[index]!);
  }
}

const ends: AbortController[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end.abort();
});

async function joined({ clock = new TestClock(), seed = 1, wire = new Wire(clock), log = silentLog as Log } = {}) {
  const end = new AbortController();
  ends.push(end);
  let description: NodeDescription = { hostname: "n1", port: 1, version: "1" };
  let back = 0;
  const link = new MasterLink({
    client: new Client({ baseUrl: "http://localhost:1", fetch: wire.fetch, clock }),
    clock,
    random: seededRandom(seed),
    log,
    signal: end.signal,
    node: { describe: () => description },
    counters: { heartbeats: 0 },
  });
  await link.join({ onRegistered() {}, onAssignmentEvent: async () => {}, onMasterBack: () => void back++ });
  await breathe();
  const become = (set: Partial<NodeDescription>) => {
    description = { ...description, ...set };
    link.onEngineNews();
  };
  return { clock, wire, link, become, backs: () => back, end };
}

test("a registration says that the worker knows node ids of the form of task ids", async () => {
  const { wire } = await joined();
  expect(wire.nodeIds).toBe("dated");
});

test("sends a heartbeat each second, a little early at random, and the first at a random time within the second", async () => {
  const { clock, wire } = await joined();
  await clock.advance(30 * second);
  expect(wire.beats[0]!.at).toBeLessThan(second);
  const pauses = wire.pauses();
  expect(pauses.length).toBeGreaterThanOrEqual(29);
  for (const pause of pauses) {
    expect(pause).toBeGreaterThanOrEqual(second * (1 - limits.heartbeatJitter));
    expect(pause).toBeLessThanOrEqual(second);
  }
  expect(new Set(pauses.map(Math.round)).size).toBeGreaterThan(10);
  expect(wire.beats.map(({ body }) => body)).toEqual(wire.beats.map(() => ({})));
});

test("sends a change of the engine once; and registers again for what a heartbeat cannot carry", async () => {
  const { clock, wire, become } = await joined();
  await clock.advance(5 * second);
  const before = wire.beats.length;
  become({ engineError: "away" });
  await breathe();
  await clock.advance(3 * second);
  const news = { engine: null, engineError: "away" };
  expect(wire.beats.slice(before).map(({ body }) => body)).toEqual(
    [news, {}, {}, {}].slice(0, wire.beats.length - before),
  );
  become({ capacity: 3 });
  await breathe();
  expect(wire.registrations).toBe(2);
  expect(wire.beats.at(-1)!.body).toEqual({});
});

test("news that got no answer are sent again", async () => {
  const { clock, wire, become } = await joined();
  await clock.advance(2 * second);
  wire.behaviour = "refuses";
  become({ engineError: "away" });
  await breathe();
  wire.behaviour = "answers";
  await clock.advance(second);
  const sent = wire.beats.filter(({ body }) => Object.keys(body as object).length > 0);
  expect(sent).toHaveLength(2);
});

test("one heartbeat without an answer changes nothing; it is given up in time for two more within the lease", async () => {
  const { clock, wire, link, backs } = await joined();
  await clock.advance(3 * second);
  const last = wire.beats.at(-1)!.at;
  wire.behaviour = "hangs";
  await clock.advance(last + 2.05 * second - clock.elapsed());
  expect(link.up).toBe(true);
  wire.behaviour = "answers";
  await clock.advance(second);
  const tries = wire.beats.filter(({ at }) => at > last).map(({ at }) => at - last);
  expect(tries[1]).toBeLessThan(2.3 * second);
  expect(wire.streams).toHaveLength(1);
  expect(backs()).toBe(0);
});

test("a slow master is waited for longer, from the third heartbeat on", async () => {
  const { clock, wire } = await joined();
  await clock.advance(3 * second);
  const from = wire.beats.at(-1)!.at;
  wire.behaviour = "hangs";
  await clock.advance(60 * second);
  const pauses = wire.pauses(from).slice(1);
  for (const pause of pauses.slice(0, 3)) expect(pause).toBeLessThan(2.2 * second + 1);
  expect(Math.max(...pauses)).toBeGreaterThan(limits.reportPatienceMs);
});

test("the only node reconnects at once: heartbeats and stream are back within half a second of a master's restart", async () => {
  const { clock, wire, link, backs } = await joined();
  await clock.advance(3 * second);
  wire.behaviour = "refuses";
  wire.breakStream();
  await breathe();
  await clock.advance(0.5 * second);
  expect(link.up).toBe(false);
  wire.behaviour = "answers";
  const from = clock.elapsed();
  await clock.advance(0.5 * second);
  expect(wire.beats.find(({ at }) => at > from)!.at - from).toBeLessThanOrEqual(limits.retryInitialMs + 1);
  expect(link.up).toBe(true);
  expect(backs()).toBe(1);
  expect(wire.streams.some((at) => at > from)).toBe(true);
});

test("a stream that ends is opened again, and a heartbeat with it says that the worker lives", async () => {
  const { clock, wire } = await joined();
  await clock.advance(3 * second);
  const [beats, streams, from] = [wire.beats.length, wire.streams.length, clock.elapsed()];
  wire.breakStream();
  await breathe();
  await clock.advance(limits.reconnectInitialMs + 1);
  expect(wire.streams.length).toBe(streams + 1);
  expect(wire.beats.length).toBe(beats + 1);
  expect(wire.streams.at(-1)! - from).toBeLessThanOrEqual(limits.reconnectInitialMs + 1);
});

test("a stream that is silent for longer than keep-alives allow is opened again", async () => {
  const { clock, wire } = await joined();
  await clock.advance(limits.streamKeepAliveMs * 2.5 - 1);
  expect(wire.streams).toHaveLength(1);
  await clock.advance(1 + limits.reconnectInitialMs + 1);
  expect(wire.streams).toHaveLength(2);
});

test("the worker registers again with a master that does not know the node, and opens the stream again", async () => {
  const { clock, wire } = await joined();
  await clock.advance(3 * second);
  wire.behaviour = "unknown";
  await clock.advance(second);
  wire.behaviour = "answers";
  await clock.advance(second);
  expect(wire.registrations).toBe(2);
  expect(wire.streams).toHaveLength(2);
});

test("a master of 0.1.0 does not say over what time to reconnect: at once", async () => {
  const { clock, wire } = await joined();
  wire.answer = { nodeId: "node-aaaaaaaa", nextHeartbeatMs: second, leaseMs: 3 * second };
  await clock.advance(3 * second);
  wire.breakStream();
  await breathe();
  await clock.advance(limits.reconnectInitialMs + 1);
  expect(wire.streams).toHaveLength(2);
});

test("each of many workers reconnects at a random time within the window that the master gave", async () => {
  const clock = new TestClock();
  const workers = await Promise.all(
    Array.from({ length: 200 }, async (_, seed) => {
      const wire = new Wire(clock);
      wire.answer = { ...beatAnswer, reconnectWithinMs: 2 * second };
      return joined({ clock, seed: seed + 1, wire });
    }),
  );
  await clock.advance(2 * second);
  for (const { wire } of workers) wire.breakStream();
  await breathe();
  const from = clock.elapsed();
  await clock.advance(2.2 * second);
  const back = workers.map(({ wire }) => wire.streams.find((at) => at > from)! - from);
  expect(Math.max(...back)).toBeLessThanOrEqual(2 * second + limits.reconnectInitialMs);
  // In each quarter of the time about a quarter of them.
  const quarters = [0, 1, 2, 3].map((quarter) => back.filter((at) => Math.floor(at / 525) === quarter).length);
  for (const count of quarters) expect(count).toBeGreaterThan(25);
  // And so they beat from then on, although all joined in the same instant.
  const phases = workers.map(({ wire }) => Math.floor((wire.beats.at(-1)!.at % second) / 100));
  expect(new Set(phases).size).toBe(10);
});

test("a call is given up by the clock that was handed in", async () => {
  const clock = new TestClock();
  const wire = new Wire(clock);
  wire.behaviour = "hangs";
  const client = new Client({ baseUrl: "http://localhost:1", fetch: wire.fetch, clock });
  const call = client.call("heartbeat", { id: "n1", body: {}, timeoutMs: 2 * second }).catch((error: Error) => error);
  let over = false;
  void call.then(() => {
    over = true;
  });
  await clock.advance(2 * second - 1);
  expect(over).toBe(false);
  await clock.advance(1);
  expect(over).toBe(true);
  expect(((await call) as Error).message).toBe("cannot reach http://localhost:1: timed out");
});

test("after its end nothing is sent", async () => {
  const { clock, wire, end } = await joined();
  await clock.advance(2 * second);
  end.abort();
  await breathe();
  const before = wire.beats.length + wire.streams.length;
  await clock.advance(10 * second);
  expect(wire.beats.length + wire.streams.length).toBe(before);
});
