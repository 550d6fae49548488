// Work on the files of one volume that comes at the same time: no archive has files of a fill that is not complete, and no removal takes
// what was filled after it.

import { describe, expect, test } from "bun:test";
import { systemClock } from "../../lib/clock.ts";
import { seededRandom } from "../../lib/random.ts";
import { containerLabels } from "../../model/cluster/cluster.ts";
import { archiveOf, contentOf } from "../../runtime/simulated/archive.ts";
import { SimulatedRuntime } from "../../runtime/simulated/simulated-runtime.ts";
import { VolumeStore, type VolumeStoreOptions } from "./volume-store.ts";

const node = { clusterId: "c", nodeId: "n" };
const never = new AbortController().signal;

function opened() {
  const images = new Map();
  const runtime = new SimulatedRuntime({
    ...{ clock: systemClock, random: seededRandom(3), images },
    program: () => ({ runsMs: null, exitCode: 0 }),
  });
  const { storage } = runtime;
  storage.putVolume("data", { [containerLabels.cluster]: node.clusterId, [containerLabels.node]: node.nodeId });
  storage.setContent("data", "the first rows");
  const tasks = { isComplete: true, needed: () => ({ volumes: new Map() }), all: () => [] };
  const options = {
    ...{ runtime, clock: systemClock, hostname: "n1", node, engine: { ready: true }, tasks, signal: never },
  } as unknown as VolumeStoreOptions;
  return { runtime, storage, store: new VolumeStore(options), restarted: () => new VolumeStore(options) };
}

/** An archive of which all but the first three pieces come later. */
function inTwoParts(content: string) {
  const half = Promise.withResolvers<void>();
  const rest = Promise.withResolvers<void>();
  async function* pieces() {
    for (const [index, piece] of archiveOf(content).entries()) {
      if (index === 3) {
        half.resolve();
        await rest.promise;
      }
      yield piece;
    }
  }
  return { pieces: pieces(), half: half.promise, sendRest: rest.resolve };
}

/** As the master asks for a fill that replaces what is there. */
const over = (revision: number | null) => ({ replace: true, revision });

async function read(store: VolumeStore): Promise<string> {
  const outcome = await store.archive("data", never);
  return outcome.ok ? contentOf(await new Response(outcome.value).bytes()) : outcome.refusal.code;
}

test("files that are being written are not read: from the first moment until the fill is complete", async () => {
  const { store } = opened();
  const { pieces, half, sendRest } = inTwoParts("the second rows, and some more");
  expect(await read(store)).toBe("the first rows");
  const filling = store.fill("data", pieces, over(1), never);
  expect(await read(store)).toBe("volume-in-use");
  await half;
  expect(await read(store)).toBe("volume-in-use");
  sendRest();
  expect((await filling).ok).toBe(true);
  expect(await read(store)).toBe("the second rows, and some more");
});

test("after a fill that failed there is nothing to read", async () => {
  const { store } = opened();
  const { pieces, half, sendRest } = inTwoParts("the second rows, and some more");
  const stop = new AbortController();
  const filling = store.fill("data", pieces, over(1), stop.signal).catch((error: Error) => error.message);
  await half;
  stop.abort(new Error("the master is gone"));
  sendRest();
  expect(await filling).toBe("the master is gone");
  expect(await read(store)).toBe("volume-not-found");
});

test("a fill that comes while a read looks at the volume is not disturbed by it, and is not read", async () => {
  const { store, runtime } = opened();
  const { volumes } = runtime;
  const removeHelpers = volumes.removeHelpers.bind(volumes);
  const held = Promise.withResolvers<void>();
  volumes.removeHelpers = async (...words) => {
    volumes.removeHelpers = removeHelpers;
    await held.promise;
    return removeHelpers(...words);
  };
  const reading = read(store);
  const { pieces, half, sendRest } = inTwoParts("the second rows, and some more");
  const filling = store.fill("data", pieces, over(1), never);
  held.resolve();
  expect(await reading).toBe("volume-in-use");
  await half;
  sendRest();
  expect((await filling).ok).toBe(true);
  expect(await read(store)).toBe("the second rows, and some more");
});

test("a fill ends the read that is under way", async () => {
  const { store } = opened();
  const outcome = await store.archive("data", never);
  const { pieces, sendRest } = inTwoParts("the second rows, and some more");
  sendRest();
  expect((await store.fill("data", pieces, over(1), never)).ok).toBe(true);
  expect(
    outcome.ok &&
      (await new Response(outcome.value).bytes().then(
        () => "read",
        () => "broken",
      )),
  ).toBe("broken");
});

test("a removal that goes on when a fill comes does not take what is filled", async () => {
  const { store, runtime } = opened();
  const { volumes } = runtime;
  const list = volumes.list.bind(volumes);
  const held = Promise.withResolvers<void>();
  volumes.list = async (...words) => {
    volumes.list = list;
    await held.promise;
    return list(...words);
  };
  const removing = store.remove("data", 1);
  const { pieces, half, sendRest } = inTwoParts("the second rows, and some more");
  const filling = store.fill("data", pieces, over(1), never);
  held.resolve();
  await half;
  sendRest();
  expect((await filling).ok).toBe(true);
  expect((await removing).ok).toBe(false);
  expect(await read(store)).toBe("the second rows, and some more");
});

test("a removal that comes during a fill ends it: the data stays where it is copied from", async () => {
  const { store, storage } = opened();
  const { pieces, half, sendRest } = inTwoParts("the second rows, and some more");
  const filling = store.fill("data", pieces, over(1), never).catch((error: Error) => error.message);
  await half;
  const removing = store.remove("data", 1);
  sendRest();
  expect(await filling).toBe("other work on the volume data has begun");
  expect(await removing).toEqual({ ok: true, value: { removed: false, message: "n1 has no volume data" } });
  expect(storage.volumes(false)).toEqual([]);
});

describe("a removal that comes late", () => {
  const removed = async (store: VolumeStore, revision: number | null) => {
    const outcome = await store.remove("data", revision);
    return outcome.ok ? outcome.value.removed : outcome.refusal.code;
  };
  const fill = (store: VolumeStore, revision: number | null) => {
    const { pieces, sendRest } = inTwoParts("the second rows");
    sendRest();
    return store.fill("data", pieces, over(revision), never);
  };

  test("takes nothing of a fill that was asked for after it, also if the worker has started again since", async () => {
    const { store, restarted } = opened();
    await fill(store, 8);
    for (const each of [store, restarted()]) expect(await removed(each, 7)).toBe("volume-in-use");
    expect(await read(store)).toBe("the second rows");
    expect(await removed(store, 8)).toBe(true);
  });

  test("does not end a fill that was asked for after it", async () => {
    const { store } = opened();
    const { pieces, half, sendRest } = inTwoParts("the second rows");
    const filling = store.fill("data", pieces, over(8), never);
    await half;
    expect(await removed(store, 7)).toBe("volume-in-use");
    sendRest();
    expect((await filling).ok).toBe(true);
    expect(await read(store)).toBe("the second rows");
  });

  test("takes nothing of a task that was placed after it; the next removal does", async () => {
    const { store } = opened();
    await store.prepare(["data"], 8);
    await store.prepare(["data"], 5);
    expect(await removed(store, 7)).toBe("volume-in-use");
    expect(await removed(store, 9)).toBe(true);
    expect(await removed(store, 7)).toBe(false);
  });

  test("is not known as late where the master does not say, or did not when the volume was filled", async () => {
    const { store } = opened();
    await fill(store, 8);
    expect(await removed(store, null)).toBe(true);
    await fill(store, null);
    expect(await removed(store, 1)).toBe(true);
  });
});
