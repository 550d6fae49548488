// What every runtime promises for containers: against a real engine and against the simulated one.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { containerLabels, containerName } from "../../src/model/cluster/cluster.ts";
import { ContractSubject, nodeId, type RuntimeHarness } from "./contract-subject.ts";

export function containersContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: containers`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    test("creates, starts, inspects, stops and removes; each of them twice does no harm", async () => {
      const task = subject.newTask(subject.harness.programs.forever);
      const containerId = await subject.create(task);
      expect(await subject.create(task)).toBe(containerId);
      const created = await subject.runtime.containers.inspect(containerId);
      expect(created).toMatchObject({ containerId, taskId: task.taskId, nodeId, status: "created", exitCode: null });
      expect(created?.startedAt).toBeNull();
      await subject.runtime.containers.start(containerId);
      await subject.runtime.containers.start(containerId);
      const running = await subject.runtime.containers.inspect(containerId);
      expect(running).toMatchObject({ status: "running", exitCode: null, finishedAt: null });
      expect(Date.parse(running!.startedAt!)).toBeGreaterThan(0);
      await subject.runtime.containers.stop(containerId, 0);
      await subject.runtime.containers.stop(containerId, 0);
      const stopped = await subject.runtime.containers.inspect(containerId);
      expect(stopped).toMatchObject({ status: "exited", startedAt: running!.startedAt });
      expect(stopped!.exitCode).toBeGreaterThan(128);
      await subject.runtime.containers.remove(containerId);
      await subject.runtime.containers.remove(containerId);
      expect(await subject.runtime.containers.inspect(containerId)).toBeNull();
      await subject.runtime.containers.stop(containerId, 0);
    });

    test("a container is found by name and by id, and says which container of its task it is: main without a label", async () => {
      const task = subject.newTask(subject.harness.programs.forever);
      const [main, side] = [
        await subject.create(task),
        await subject.create({ ...task, spec: { ...task.spec, name: "side" } }),
      ];
      expect((await subject.runtime.containers.inspect(containerName(task.taskId)))?.containerId).toBe(main);
      const { [containerLabels.container]: _, ...labels } = subject.request(task).labels;
      const old = await subject.create(subject.newTask(subject.harness.programs.forever), { labels });
      const names = await Promise.all(
        [main, side, old].map(async (id) => (await subject.runtime.containers.inspect(id))?.container),
      );
      expect(names).toEqual(["main", "side", "main"]);
    });

    test("gives the true exit code", async () => {
      const containerId = await subject.run(subject.harness.programs.exit(3));
      const state = await subject.ended(containerId);
      expect(state.exitCode).toBe(3);
      // An engine takes both times from different clocks of the kernel, which may differ by some milliseconds.
      expect(Date.parse(state.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(state.startedAt!) - 100);
    });

    test("lists only containers with the labels of the cluster and the node", async () => {
      const containerId = await subject.create(subject.newTask(subject.harness.programs.forever));
      const ids = (await subject.runtime.containers.list(subject.harness.clusterId, nodeId)).map(
        (state) => state.containerId,
      );
      expect(ids).toContain(containerId);
      expect(await subject.runtime.containers.list(subject.harness.clusterId, "node-other000")).toEqual([]);
      expect(await subject.runtime.containers.list("othercluster", nodeId)).toEqual([]);
    });
  });
}
