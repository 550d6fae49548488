// What every runtime promises for containers that join the network of another one, and for the image of the sandbox.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { unpackContainer } from "../../src/model/task/spec.ts";
import { sandboxImage } from "../../src/runtime/images.ts";
import { ContractSubject, type RuntimeHarness, refusal } from "./contract-subject.ts";

/** `startsRefused`: the engine starts no container whose network's container does not run. */
export function containerJoinsContract(
  title: string,
  open: () => Promise<RuntimeHarness>,
  startsRefused: boolean,
): void {
  describe(`${title}: joined networks`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    /** Created, not started. */
    async function sandbox(): Promise<string> {
      await subject.runtime.images.makeSandbox();
      const spec = unpackContainer({ image: sandboxImage, process: { stopSignal: "SIGKILL" } });
      return subject.create({ ...subject.newTask([]), spec });
    }

    test("the image of the sandbox is made without a registry, runs, and is stopped at once", async () => {
      const { containers } = subject.runtime;
      const containerId = await sandbox();
      await containers.start(containerId);
      expect(await containers.inspect(containerId)).toMatchObject({ status: "running" });
      expect(await containers.inspect(containerId)).not.toHaveProperty("joined");
      await containers.stop(containerId, 60);
      expect(await containers.inspect(containerId)).toMatchObject({ status: "exited", exitCode: 137 });
    });

    test("a container says whose network it has joined", async () => {
      const { containers } = subject.runtime;
      const joins = await sandbox();
      const containerId = await subject.create(subject.newTask(subject.harness.programs.forever), { joins });
      await containers.start(joins);
      await containers.start(containerId);
      expect(await containers.inspect(containerId)).toMatchObject({ status: "running", joined: joins });
      // First: Podman removes no container whose network another one has joined.
      await containers.remove(containerId);
    });

    test.if(startsRefused)("a container starts only while the one runs whose network it has joined", async () => {
      const { containers } = subject.runtime;
      const joins = await sandbox();
      const containerId = await subject.create(subject.newTask(subject.harness.programs.forever), { joins });
      expect(await refusal(containers.start(containerId))).toMatchObject({ code: "container-lost", temporary: true });
      await containers.start(joins);
      await containers.start(containerId);
      await containers.stop(containerId, 0);
      await containers.remove(joins);
      expect(await refusal(containers.start(containerId))).toMatchObject({ code: "container-lost", temporary: true });
    });
  });
}
