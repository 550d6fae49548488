// Watermarks: which images are removed when the disk of an engine fills, in which order, and which are never removed.

import { beforeEach, expect, test } from "bun:test";
import { seededRandom } from "../../src/lib/random.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import { limits } from "../../src/model/limits.ts";
import { SimulatedRuntime } from "../../src/runtime/simulated/simulated-runtime.ts";
import type { SimulatedDisk, SimulatedImage } from "../../src/runtime/simulated/storage.ts";
import { ImageGc, type Watermarks } from "../../src/worker/gc/image-gc.ts";
import { PulledImages } from "../../src/worker/gc/pulled-images.ts";
import { breathe, TestClock } from "../master/in-process.ts";

let clock: TestClock;
let images: Map<string, SimulatedImage>;
let disk: SimulatedDisk;
let runtime: SimulatedRuntime;
let pulled: PulledImages;
let needed: Map<string, string>;
let said: string[];
let ready: boolean;

beforeEach(() => {
  clock = new TestClock();
  images = new Map();
  disk = { totalBytes: 100, otherBytes: 0 };
  runtime = new SimulatedRuntime({
    clock,
    random: seededRandom(1),
    images,
    disk,
    program: () => ({ runsMs: null, exitCode: 0 }),
  });
  said = [];
  ready = true;
  needed = new Map();
  pulled = new PulledImages({ clock, log });
});

const log = {
  info: (message: string, more?: object) => void said.push(`${message} ${JSON.stringify(more)}`),
  warn: (message: string, more?: object) => void said.push(`${message} ${JSON.stringify(more)}`),
  error() {},
};

function imageGc(watermarks: Watermarks | null = { highPercent: 85, lowPercent: 75 }): ImageGc {
  return new ImageGc({
    ...{ runtime, clock, log, pulled, watermarks },
    signal: new AbortController().signal,
    engine: { ready: true },
    assignments: {
      get isComplete() {
        return ready;
      },
      needed: () => ({ images: needed, volumes: new Map() }),
    },
    turn: new Semaphore(1),
  });
}

/** On the engine, 10 bytes each; `ours`: pulled by Podling, each a second after the one before. */
async function put(names: string[], ours = true): Promise<void> {
  for (const name of names) {
    images.set(name, { present: false, pullMs: 0, sizeBytes: 10 });
    const brought = runtime.storage.brought(name)!;
    if (ours) pulled.pulled(name, brought);
    await clock.advance(1000);
  }
}

const present = () => [...images].filter(([, image]) => image.present).map(([name]) => name);

async function looked(one: ImageGc): Promise<void> {
  one.look();
  await breathe();
}

test("below the high watermark nothing is removed", async () => {
  await put(["a:1", "b:1"]);
  disk.otherBytes = 64; // 84 %
  await looked(imageGc());
  expect(present()).toEqual(["a:1", "b:1"]);
  expect(said).toEqual([]);
});

test("above the high watermark images unused for longest are removed, down to the low watermark", async () => {
  await put(["a:1", "b:1", "c:1", "d:1"]);
  needed = new Map([["a:1", "web"]]);
  disk.otherBytes = 40;
  const one = imageGc();
  await looked(one); // 80 %: only sees that a task needs a:1
  needed.clear();
  disk.otherBytes = 46;
  await looked(one); // 86 %
  expect(present()).toEqual(["a:1", "d:1"]);
  expect(said).toHaveLength(2);
  expect(said[0]).toContain('"image":"b:1","size":"10 B","disk":"86 % of 100 B"');
  expect(pulled.ids).toEqual(["sha256:a:1", "sha256:d:1"]);
});

test("an image that a task used between two looks does not count as unused for long", async () => {
  await put(["nightly:1", "b:1"]);
  const one = imageGc();
  one.used("nightly:1");
  disk.otherBytes = 65;
  await looked(one);
  expect(present()).toEqual(["nightly:1"]);
});

test("what others pulled, and what is used, built upon, needed or renamed, stays; that nothing is left is logged once", async () => {
  await put(["theirs:1"], false);
  await put(["used:1", "base:1", "needed:1", "renamed:1"]);
  images.set("built:1", { present: true, pullMs: 0, sizeBytes: 10, parentId: "sha256:base:1" });
  images.set("mine:1", { present: true, pullMs: 0, sizeBytes: 10, imageId: "sha256:renamed:1" });
  runtime.storage.others.push({ containerId: "x", name: "x", imageId: "sha256:used:1", volumes: [] });
  needed.set("needed:1", "web");
  disk.otherBytes = 40;
  const before = present();
  const one = imageGc();
  await looked(one);
  await looked(one);
  expect(present()).toEqual(before);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("no image is left that may be removed");
  disk.otherBytes = 0;
  await looked(one);
  disk.otherBytes = 45;
  await looked(one);
  expect(said).toHaveLength(2);
});

test("an image that the engine refuses to remove is skipped", async () => {
  await put(["a:1", "b:1", "c:1"]);
  disk.otherBytes = 60;
  const remove = runtime.images.remove.bind(runtime.images);
  runtime.images.remove = async (imageId, names) => (imageId === "sha256:a:1" ? "it does not" : remove(imageId, names));
  await looked(imageGc());
  expect(present()).toEqual(["a:1"]);
  expect(said.filter((line) => line.includes("it does not"))).toHaveLength(1);
});

test("nothing is removed when it is off, before all assignments are known, and when the disk cannot be seen", async () => {
  await put(["a:1"]);
  disk.otherBytes = 89;
  await looked(imageGc(null));
  ready = false;
  await looked(imageGc());
  ready = true;
  runtime.engine.disk = async () => null;
  await looked(imageGc());
  runtime.goAway();
  await looked(imageGc());
  expect(present()).toEqual(["a:1"]);
});

test("it looks by itself once an interval, and after a pull", async () => {
  await put(["a:1"]);
  disk.otherBytes = 89;
  const one = imageGc();
  one.start();
  await clock.advance(limits.diskLookMs - 1);
  expect(present()).toEqual(["a:1"]);
  await clock.advance(1);
  await breathe();
  expect(present()).toEqual([]);
  images.set("b:1", { present: false, pullMs: 0, sizeBytes: 10 });
  one.pulled("b:1", runtime.storage.brought("b:1"));
  await breathe();
  expect(present()).toEqual([]);
  disk.otherBytes = 0;
  await put(["c:1"]);
  disk.otherBytes = 89;
  one.pulled("too-large:1", null); // it failed: the disk was full
  await breathe();
  expect(present()).toEqual([]);
});

test("an image that someone else removed and pulled again is not Podling's any more", async () => {
  await put(["a:1"]);
  const one = imageGc();
  await looked(one);
  images.get("a:1")!.present = false;
  await clock.advance(limits.imageLookMs);
  await looked(one);
  expect(pulled.ids).toEqual([]);
  images.get("a:1")!.present = true;
  disk.otherBytes = 89;
  await looked(one);
  expect(present()).toEqual(["a:1"]);
});
