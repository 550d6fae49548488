// What every runtime promises for the engine itself.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ContractSubject, type RuntimeHarness } from "./contract-subject.ts";

export function engineContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: the engine`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    test("answers, and says what it is", async () => {
      await subject.runtime.engine.ping();
      const { engine, cpu, memory } = await subject.runtime.engine.info();
      expect(engine.os).toBe("linux");
      expect(engine.arch).toMatch(/^(amd64|arm64)$/);
      expect(cpu).toBeGreaterThan(0);
      expect(memory).toBeGreaterThan(0);
    });

    test("its disk has numbers, or cannot be seen", async () => {
      const disk = await subject.runtime.engine.disk();
      if (disk === null) return;
      expect(disk.usedBytes).toBeGreaterThan(0);
      expect(disk.totalBytes).toBeGreaterThanOrEqual(disk.usedBytes);
    });
  });
}
