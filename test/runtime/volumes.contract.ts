// What every runtime promises for volumes.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import type { Mount } from "../../src/model/task/spec.ts";
import { ContractSubject, nodeId, type RuntimeHarness } from "./contract-subject.ts";

export function volumesContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: volumes`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    const volumeNamed = async (volume: string) =>
      (await subject.runtime.volumes.list(true)).find((one) => one.name === volume);
    const volume = (source: string): Mount => ({
      ...{ type: "volume", source, target: "/data", readOnly: false, sizeBytes: null },
    });

    test("a volume that a container creates has the labels of its node, and stays after the container", async () => {
      const containerId = await subject.create(
        subject.newTask(subject.harness.programs.forever, { mounts: [volume(subject.name("data"))] }),
      );
      const made = (await volumeNamed(subject.name("data")))!;
      expect(made.labels).toEqual({
        [containerLabels.cluster]: subject.harness.clusterId,
        [containerLabels.node]: nodeId,
      });
      expect((await subject.runtime.containers.uses()).find((use) => use.containerId === containerId)?.volumes).toEqual(
        [subject.name("data")],
      );
      expect(await subject.runtime.volumes.remove(subject.name("data"))).toContain("the engine keeps it");
      await subject.runtime.containers.remove(containerId);
      expect(await volumeNamed(subject.name("data"))).toBeDefined();
      expect(await subject.runtime.volumes.remove(subject.name("data"))).toBeNull();
      expect(await volumeNamed(subject.name("data"))).toBeUndefined();
      expect(await subject.runtime.volumes.remove(subject.name("data"))).toBeNull();
    });

    test("a volume that was there before keeps its labels", async () => {
      await subject.harness.others.makeVolume(subject.name("theirs"));
      const containerId = await subject.create(
        subject.newTask(subject.harness.programs.forever, { mounts: [volume(subject.name("theirs"))] }),
      );
      expect((await volumeNamed(subject.name("theirs")))?.labels).toEqual({});
      await subject.runtime.containers.remove(containerId);
      expect(await volumeNamed(subject.name("theirs"))).toBeDefined();
    });

    test("the files of a volume as an archive make another volume with the same files", async () => {
      const { signal } = new AbortController();
      const { volumes } = subject.runtime;
      const [from, to] = [subject.name("from"), subject.name("to")];
      const containerId = await subject.create(
        subject.newTask(subject.harness.programs.forever, { mounts: [volume(from)] }),
      );
      const archive = () => volumes.archive(from, nodeId, signal);
      const bytes = await new Response(await archive()).bytes();
      expect(bytes.length % 512).toBe(0);
      const labels = { [containerLabels.cluster]: subject.harness.clusterId };
      await volumes.fill(to, labels, nodeId, await archive(), signal);
      expect((await volumeNamed(to))?.labels).toEqual(labels);
      const copied = await new Response(await volumes.archive(to, nodeId, signal)).bytes();
      expect(withoutTime(copied)).toEqual(withoutTime(bytes));
      // No container of this work is left, so that the volume can go.
      expect(await volumes.remove(to)).toBeNull();
      await volumes.removeHelpers(nodeId, null);
      await subject.runtime.containers.remove(containerId);
      expect(await volumes.remove(from)).toBeNull();
    });
  });
}

/** The archive without the time of its first entry, the folder: Podman gives it that of the unpacking. */
function withoutTime(archive: Uint8Array): Uint8Array {
  const timeAndChecksum = [136, 156] as const;
  return archive.slice().fill(0, ...timeAndChecksum);
}
