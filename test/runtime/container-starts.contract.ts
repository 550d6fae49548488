// What every runtime promises for the starts of containers, also those that fail.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "../../tools/lab/until.ts";
import { ContractSubject, type RuntimeHarness, refusal } from "./contract-subject.ts";

export function startsContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: starts`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    test("an ended container is started again", async () => {
      const containerId = await subject.run(subject.harness.programs.exit(4));
      const first = await subject.ended(containerId);
      await subject.runtime.containers.start(containerId);
      const second = await until("the second run to end", async () => {
        const state = await subject.runtime.containers.inspect(containerId);
        return state?.status === "exited" && state.startedAt !== first.startedAt && state;
      });
      expect(second.exitCode).toBe(4);
    });

    test("publishes ports that the engine chooses, and refuses one that is taken", async () => {
      const ports = [{ hostPort: null, containerPort: 80, protocol: "tcp" as const, hostIp: "127.0.0.1" }];
      const first = await subject.run(subject.harness.programs.forever, { ports });
      const [published] = (await subject.runtime.containers.inspect(first))!.publishedPorts;
      expect(published).toMatchObject({ containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" });
      expect(published!.hostPort).toBeGreaterThan(0);
      const second = await subject.create(
        subject.newTask(subject.harness.programs.forever, { ports: [{ ...ports[0]!, hostPort: published!.hostPort }] }),
      );
      expect(await refusal(subject.runtime.containers.start(second))).toMatchObject({
        code: "port-in-use",
        temporary: true,
      });
      expect((await subject.runtime.containers.inspect(second))?.status).toBe("created");
      await subject.runtime.containers.remove(first);
      await subject.runtime.containers.start(second);
      expect((await subject.runtime.containers.inspect(second))?.publishedPorts).toEqual([published!]);
    });

    test("says why a program cannot start", async () => {
      const containerId = await subject.create(
        subject.newTask([], { command: subject.harness.programs.unstartable, args: [] }),
      );
      expect(await refusal(subject.runtime.containers.start(containerId))).toMatchObject({
        code: "start-failed",
        temporary: false,
        exitCode: 127,
      });
      const state = await subject.runtime.containers.inspect(containerId);
      expect(state).toMatchObject({ status: "created", exitCode: null });
    });

    test("a start of a removed container fails as container-lost", async () => {
      const containerId = await subject.create(subject.newTask(subject.harness.programs.forever));
      await subject.runtime.containers.remove(containerId);
      expect(await refusal(subject.runtime.containers.start(containerId))).toMatchObject({
        code: "container-lost",
        temporary: true,
      });
    });
  });
}
