// What every runtime promises for images and volumes: it lists them and their users, and removes only what it made.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { containerLabels } from "../../src/model/cluster.ts";
import type { TaskId } from "../../src/model/ids.ts";
import type { Mount } from "../../src/model/task/task.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { WireAssignment } from "../../src/worker/task/assignment.ts";
import { assigned, createRequest } from "../worker/samples.ts";
import type { RuntimeHarness } from "./runtime.contract.ts";

const nodeId = "node-contract";

export function storageContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: images and volumes`, () => {
    let harness: RuntimeHarness;
    let runtime: Runtime;
    let count = 0;
    const name = (what: string) => `podling-${harness.clusterId}-${what}`;

    beforeAll(async () => {
      harness = await open();
      runtime = harness.runtime;
    });
    afterAll(async () => {
      if (!harness) return;
      for (const { containerId } of await runtime.list(harness.clusterId, nodeId)) await runtime.remove(containerId);
      for (const volume of await runtime.volumes(false))
        if (volume.name.startsWith(name(""))) await runtime.removeVolume(volume.name);
      for (const { imageId, names } of await runtime.images())
        if (names.some((one) => one.startsWith(name("")))) await runtime.removeImage(imageId, names);
      await harness.close();
    });

    const create = async (more: Partial<WireAssignment> = {}): Promise<string> => {
      const taskId = `20250101000001-${harness.clusterId.slice(0, 4)}${String(++count).padStart(4, "0")}` as TaskId;
      const task = assigned({ taskId, image: harness.image, args: harness.programs.forever, ...more });
      const created = await runtime.create(createRequest(task, { clusterId: harness.clusterId, nodeId }));
      if (created === "image-missing") throw new Error(`the harness promised ${task.spec.image}`);
      return created.containerId;
    };
    const imageNamed = async (image: string) => (await runtime.images()).find(({ names }) => names.includes(image));
    const volumeNamed = async (volume: string) => (await runtime.volumes(true)).find((one) => one.name === volume);
    const volume = (source: string): Mount => ({
      ...{ type: "volume", source, target: "/data", readOnly: false, sizeBytes: null },
    });

    test("images have all their names, a size, and an order", async () => {
      await harness.others.makeImage(name("one:1"));
      await harness.others.nameImage(name("one:1"), name("two:latest"));
      const image = (await imageNamed(name("two:latest")))!;
      expect(image.names).toEqual([name("one:1"), name("two:latest")]);
      expect(image.sizeBytes).toBeGreaterThan(0);
      const ids = (await runtime.images()).map(({ imageId }) => imageId);
      expect(ids).toEqual([...new Set(ids)].sort());
    });

    test("a pull that brings nothing new says so", async () => {
      const { signal } = new AbortController();
      expect(await runtime.pull(harness.image, "missing", null, () => {}, signal)).toBeNull();
    });

    test("an image goes only by all of its names; removing it again does no harm", async () => {
      await harness.others.makeImage(name("named:1"));
      await harness.others.nameImage(name("named:1"), name("mine:1"));
      const { imageId, names } = (await imageNamed(name("named:1")))!;
      expect(await runtime.removeImage(imageId, [name("named:1")])).toContain(name("mine:1"));
      expect((await imageNamed(name("named:1")))?.names).toEqual(names);
      expect(await runtime.removeImage(imageId, names)).toBeNull();
      expect(await imageNamed(name("mine:1"))).toBeUndefined();
      expect(await runtime.removeImage(imageId, names)).toBeNull();
    });

    test("an image that a container uses stays, whatever state that is in", async () => {
      await harness.others.makeImage(name("used:1"));
      const containerId = await create({ image: name("used:1") });
      const { imageId, names } = (await imageNamed(name("used:1")))!;
      expect((await runtime.uses()).find((use) => use.containerId === containerId)?.imageId).toBe(imageId);
      expect(await runtime.removeImage(imageId, names)).toContain("the engine keeps it");
      expect(await imageNamed(name("used:1"))).toBeDefined();
      await runtime.remove(containerId);
      expect(await runtime.removeImage(imageId, names)).toBeNull();
    });

    test("a volume that a container makes says whose it is, and outlives it", async () => {
      const containerId = await create({ mounts: [volume(name("data"))] });
      const made = (await volumeNamed(name("data")))!;
      expect(made.labels).toEqual({ [containerLabels.cluster]: harness.clusterId, [containerLabels.node]: nodeId });
      expect((await runtime.uses()).find((use) => use.containerId === containerId)?.volumes).toEqual([name("data")]);
      expect(await runtime.removeVolume(name("data"))).toContain("the engine keeps it");
      await runtime.remove(containerId);
      expect(await volumeNamed(name("data"))).toBeDefined();
      expect(await runtime.removeVolume(name("data"))).toBeNull();
      expect(await volumeNamed(name("data"))).toBeUndefined();
      expect(await runtime.removeVolume(name("data"))).toBeNull();
    });

    test("a volume that was there before keeps the labels that it has", async () => {
      await harness.others.makeVolume(name("theirs"));
      const containerId = await create({ mounts: [volume(name("theirs"))] });
      expect((await volumeNamed(name("theirs")))?.labels).toEqual({});
      await runtime.remove(containerId);
      expect(await volumeNamed(name("theirs"))).toBeDefined();
    });

    test("its disk has numbers, or cannot be seen", async () => {
      const disk = await runtime.disk();
      if (disk === null) return;
      expect(disk.usedBytes).toBeGreaterThan(0);
      expect(disk.totalBytes).toBeGreaterThanOrEqual(disk.usedBytes);
    });
  });
}
