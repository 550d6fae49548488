// The list of images that Podling pulled: kept over restarts, updated when images are gone, and never guessed.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../src/lib/log.ts";
import { limits } from "../../src/model/limits.ts";
import { PulledImagesFile } from "../../src/worker/data-dir/pulled-images-file.ts";
import { type PulledImageRecord, PulledImages } from "../../src/worker/gc/pulled-images.ts";
import type { ListStore } from "../../src/worker/list-store.ts";
import { TestClock } from "../master/in-process.ts";

const image = (imageId: string, ...names: string[]) => ({ imageId, names, sizeBytes: 1, parentId: null });
const pulled = (imageId: string, isNew = true) => ({ imageId, sizeBytes: 1, isNew });

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "podling-images-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function open(store?: ListStore<PulledImageRecord>, clock = new TestClock()): PulledImages {
  return new PulledImages({ clock, log: silentLog, ...(store ? { store } : {}) });
}

describe("a pull", () => {
  test("that brought an image makes it Podling's, by that name", () => {
    const images = open();
    images.pulled("nginx", pulled("i1"));
    expect(images.of(image("i1", "nginx:latest"))).toMatchObject({ imageId: "i1" });
    expect(images.of(image("i1", "nginx:latest", "mine:1"))).toBeNull();
    expect(images.otherName(image("i1", "nginx:latest", "mine:1"))).toBe("mine:1");
    expect(images.of(image("i2", "nginx:latest"))).toBeNull();
  });

  test("that only gave a name to an image which was there makes it Podling's only if it was so already", () => {
    const images = open();
    images.pulled("theirs:1", pulled("i1", false));
    expect(images.of(image("i1", "theirs:1"))).toBeNull();
    images.pulled("app:1", pulled("i2"));
    images.pulled("app:2", pulled("i2", false));
    expect(images.of(image("i2", "app:1", "app:2"))).toMatchObject({ names: ["app:1", "app:2"] });
  });
});

test("beyond the limit the images unused for longest are dropped from the list, and stay on the engine", async () => {
  const clock = new TestClock();
  const images = open(undefined, clock);
  for (let i = 0; i <= limits.pulledImages; i++) {
    images.pulled(`app:${i}`, pulled(`i${i}`));
    if (i === 0) images.used(new Set());
    await clock.advance(1);
  }
  expect(images.count).toBe(limits.pulledImages);
  expect(images.of(image("i0", "app:0"))).toBeNull();
  expect(images.of(image("i1", "app:1"))).not.toBeNull();
});

describe("the file", () => {
  test("has them for the next process; a crash during a write leaves the old list", () =>
    inFolder((folder) => {
      const first = open(new PulledImagesFile(folder));
      first.pulled("app:1", pulled("i1"));
      first.pulled("app:2", pulled("i2"));
      first.forget(["i2"]);
      expect(open(new PulledImagesFile(folder)).ids).toEqual(["i1"]);
      writeFileSync(join(folder, "images.json.new"), '{"images": [{"ima');
      expect(open(new PulledImagesFile(folder)).ids).toEqual(["i1"]);
    }));

  test("is not written at every use, but within an interval", async () => {
    const clock = new TestClock();
    let writes = 0;
    const images = open({ read: () => ({ list: [], damage: null }), write: () => void writes++ }, clock);
    images.pulled("app:1", pulled("i1"));
    for (let minute = 0; minute < 60; minute++) {
      await clock.advance(60_000);
      images.used(new Set(["app:1"]));
    }
    expect(writes).toBe(1 + 6);
  });

  test.each(["{", "[]", '{"images": [{"imageId": 7}]}', '{"images": [null]}'])(
    "that holds %s is damaged: no image is Podling's, and a warning is logged",
    (text) =>
      inFolder((folder) => {
        writeFileSync(join(folder, "images.json"), text);
        const said: string[] = [];
        const log = { ...silentLog, warn: (message: string) => void said.push(message) };
        const images = new PulledImages({ clock: new TestClock(), log, store: new PulledImagesFile(folder) });
        expect(images.count).toBe(0);
        expect(said.join()).toContain("cannot be read");
        images.pulled("app:1", pulled("i1"));
        expect(open(new PulledImagesFile(folder)).ids).toEqual(["i1"]);
      }),
  );

  test("that cannot be written leaves the list in memory only", () =>
    inFolder((folder) => {
      const images = open(new PulledImagesFile(join(folder, "missing")));
      images.pulled("app:1", pulled("i1"));
      expect(images.ids).toEqual(["i1"]);
      expect(readdirSync(folder)).toEqual([]);
    }));
});
