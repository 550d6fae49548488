// What every runtime promises for images.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ContractSubject, type RuntimeHarness, refusal } from "./contract-subject.ts";

export function imagesContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: images`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    const imageNamed = async (image: string) =>
      (await subject.runtime.images.list()).find(({ names }) => names.includes(image));

    test("a create says that an image is missing, and a pull says why it failed", async () => {
      const task = subject.newTask(subject.harness.programs.forever, { image: subject.harness.missingImage });
      expect(await subject.runtime.containers.create(subject.request(task))).toBe("image-missing");
      const { signal } = new AbortController();
      const never = await refusal(
        subject.runtime.images.pull(subject.harness.missingImage, "never", null, () => {}, signal),
      );
      expect(never).toMatchObject({ code: "image-not-present", temporary: false });
      const missing = await refusal(
        subject.runtime.images.pull(subject.harness.missingImage, "missing", null, () => {}, signal),
      );
      expect(["image-not-found", "registry-unreachable"]).toContain(missing.code);
      expect(missing.message).toContain(subject.harness.missingImage);
      await subject.runtime.images.pull(subject.harness.image, "missing", null, () => {}, signal);
    });

    test("images have all their names, a size, and an order", async () => {
      await subject.harness.others.makeImage(subject.name("one:1"));
      await subject.harness.others.nameImage(subject.name("one:1"), subject.name("two:latest"));
      const image = (await imageNamed(subject.name("two:latest")))!;
      expect(image.names).toEqual([subject.name("one:1"), subject.name("two:latest")]);
      expect(image.sizeBytes).toBeGreaterThan(0);
      const ids = (await subject.runtime.images.list()).map(({ imageId }) => imageId);
      expect(ids).toEqual([...new Set(ids)].sort());
    });

    test("an image that was built on the engine, or that is nowhere, has no digest, and a reason", async () => {
      await subject.harness.others.makeImage(subject.name("built:1"));
      const { signal } = new AbortController();
      for (const image of [subject.name("built:1"), subject.harness.missingImage]) {
        const { digest, why } = await subject.runtime.images.digest(image, signal);
        expect([digest, why.length > 10]).toEqual([null, true]);
      }
    });

    test("a pull that brings nothing new says so", async () => {
      const { signal } = new AbortController();
      expect(await subject.runtime.images.pull(subject.harness.image, "missing", null, () => {}, signal)).toBeNull();
    });

    test("an image is removed only by all of its names; removing it again does no harm", async () => {
      await subject.harness.others.makeImage(subject.name("named:1"));
      await subject.harness.others.nameImage(subject.name("named:1"), subject.name("mine:1"));
      const { imageId, names } = (await imageNamed(subject.name("named:1")))!;
      expect(await subject.runtime.images.remove(imageId, [subject.name("named:1")])).toContain(subject.name("mine:1"));
      expect((await imageNamed(subject.name("named:1")))?.names).toEqual(names);
      expect(await subject.runtime.images.remove(imageId, names)).toBeNull();
      expect(await imageNamed(subject.name("mine:1"))).toBeUndefined();
      expect(await subject.runtime.images.remove(imageId, names)).toBeNull();
    });

    test("an image that a container uses stays, whatever the container's state", async () => {
      await subject.harness.others.makeImage(subject.name("used:1"));
      const containerId = await subject.create(
        subject.newTask(subject.harness.programs.forever, { image: subject.name("used:1") }),
      );
      const { imageId, names } = (await imageNamed(subject.name("used:1")))!;
      expect((await subject.runtime.containers.uses()).find((use) => use.containerId === containerId)?.imageId).toBe(
        imageId,
      );
      expect(await subject.runtime.images.remove(imageId, names)).toContain("the engine keeps it");
      expect(await imageNamed(subject.name("used:1"))).toBeDefined();
      await subject.runtime.containers.remove(containerId);
      expect(await subject.runtime.images.remove(imageId, names)).toBeNull();
    });
  });
}
