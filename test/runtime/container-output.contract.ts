// What every runtime promises for the logs and the events of containers.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { LogRequest } from "../../src/runtime/containers.ts";
import { until } from "../../tools/lab/until.ts";
import { allLogs, ContractSubject, type RuntimeHarness } from "./contract-subject.ts";

export function containerOutputContract(title: string, open: () => Promise<RuntimeHarness>): void {
  describe(`${title}: logs and events`, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = new ContractSubject(await open());
    });
    afterAll(() => subject?.close());

    test("keeps stdout and stderr apart, and gives the end and times if asked", async () => {
      const containerId = await subject.run(subject.harness.programs.print("one\ntwo", "oops"));
      await subject.ended(containerId);
      expect(await subject.written(containerId)).toEqual({ stdout: "one\ntwo\n", stderr: "oops\n" });
      expect(await subject.written(containerId, { stderr: false })).toEqual({ stdout: "one\ntwo\n", stderr: "" });
      // Engines count the lines of both streams, whichever of them is asked for.
      const last = await subject.written(containerId, { tail: 1 });
      expect((last.stdout + last.stderr).split("\n")).toHaveLength(2);
      expect((await subject.written(containerId, { timestamps: "lines" })).stderr).toMatch(
        /^\d{4}-\d\d-\d\dT[\d:.]+Z oops\n$/,
      );
      const { finishedAt } = (await subject.runtime.containers.inspect(containerId))!;
      expect(await subject.written(containerId, { sinceMs: Date.parse(finishedAt!) + 60_000 })).toEqual({
        stdout: "",
        stderr: "",
      });
      expect(await subject.runtime.containers.logs("0".repeat(64), allLogs, new AbortController().signal)).toBeNull();
    });

    test("a long line is one line: for its time, for a tail, and followed or not", () => longLineIsOne(subject));

    test("a followed log ends with its container, and when its reader leaves", async () => {
      const containerId = await subject.run(subject.harness.programs.forever);
      const reading = subject.written(containerId, { follow: true });
      const left = new AbortController();
      const stream = (await subject.runtime.containers.logs(containerId, { ...allLogs, follow: true }, left.signal))!;
      left.abort();
      const cut = await stream
        .getReader()
        .read()
        .then(
          ({ done }) => done,
          () => true,
        );
      expect(cut).toBe(true);
      await subject.runtime.containers.stop(containerId, 0);
      expect(await reading).toEqual({ stdout: "", stderr: "" });
    });

    test("sends events of starts, ends and removals, of this cluster's containers only", async () => {
      const listening = new AbortController();
      const seen: string[] = [];
      let over: Promise<void> = Promise.resolve();
      await new Promise<void>((opened) => {
        over = subject.runtime.containers.events(
          subject.harness.clusterId,
          opened,
          ({ taskId }) => seen.push(taskId),
          listening.signal,
        );
      });
      const task = subject.newTask(subject.harness.programs.forever);
      const containerId = await subject.create(task);
      const count = () => seen.filter((taskId) => taskId === task.taskId).length;
      await subject.runtime.containers.start(containerId);
      await until("the start", () => count() >= 1);
      const started = count();
      await subject.runtime.containers.stop(containerId, 0);
      await until("the end", () => count() > started);
      const stopped = count();
      await subject.runtime.containers.remove(containerId);
      await until("the removal", () => count() > stopped);
      listening.abort();
      await over;
    });
  });
}

async function longLineIsOne(subject: ContractSubject): Promise<void> {
  const containerId = await subject.run(subject.harness.programs.longLine);
  await subject.ended(containerId);
  const long = "x".repeat(40_000);
  const lines = ["first", long, "last"];
  const written = async (more: Partial<LogRequest>) =>
    (await subject.written(containerId, more)).stdout.replace(/\n$/, "").split("\n");
  expect(await written({})).toEqual(lines);
  for (const follow of [false, true]) {
    for (const tail of [1, 2, 3, 4]) expect(await written({ tail, follow })).toEqual(lines.slice(-tail));
    expect(await written({ tail: 2, follow, stderr: false })).toEqual([long, "last"]);
  }
  const timed = await written({ timestamps: "lines" });
  expect(timed.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) /, ""))).toEqual(lines);
  expect(timed.every((line, index) => line.length > lines[index]!.length)).toBe(true);
}
