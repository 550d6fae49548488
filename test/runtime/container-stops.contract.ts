// What every runtime promises for the end of containers: stops with a grace, and signals.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignalRefused } from "../../src/runtime/runtime-error.ts";
import { ContractSubject, type RuntimeHarness } from "./contract-subject.ts";

export function containerStopsContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: stops and signals`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    test("kills a container that does not stop within the grace", async () => {
      const containerId = await subject.run(subject.harness.programs.stubborn);
      await subject.runtime.containers.stop(containerId, 1);
      expect((await subject.runtime.containers.inspect(containerId))?.exitCode).toBe(137);
    });

    test("a stop that waits ends when a second one gives it no time", async () => {
      const containerId = await subject.run(subject.harness.programs.stubborn);
      const first = subject.runtime.containers.stop(containerId, 120);
      await subject.runtime.containers.stop(containerId, 0);
      await first;
      expect((await subject.runtime.containers.inspect(containerId))?.exitCode).toBe(137);
    });

    test("sends a signal to a container that runs, and refuses what is none", async () => {
      const { containers } = subject.runtime;
      const containerId = await subject.run(subject.harness.programs.stubborn);
      const refused = (reference: string, signal: string) =>
        containers.kill(reference, signal).then(
          () => "sent",
          (error) => (error instanceof SignalRefused ? error.why : error),
        );
      expect(await refused(containerId, "NOSUCH")).toBe("no-such-signal");
      await containers.kill(containerId, "SIGKILL");
      expect((await subject.ended(containerId)).exitCode).toBe(137);
      expect(await refused(containerId, "HUP")).toBe("not-running");
      expect(await refused("podling-nosuch", "HUP")).toBe("no-container");
    });
  });
}
