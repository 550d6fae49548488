// What a report makes of the readiness of a task, also one without `ready`.

import { expect, test } from "bun:test";
import { World } from "../test-world.ts";
import type { TaskReportFields } from "./command.ts";

const running = { code: "running", message: "running" } as const;
const pulling = { code: "pulling", message: "pulling app" } as const;
const at = (second: number) => `2025-01-19T12:35:0${second}.000Z`;

test.each<[string, Partial<TaskReportFields>[], boolean]>([
  ["what begins to run is ready", [{ startedAt: at(1), reason: running }], true],
  ["a check says that it is not", [{ startedAt: at(1), reason: running, ready: false }], false],
  [
    "one without a container any more is not",
    [
      { startedAt: at(1), reason: running },
      { startedAt: null, reason: pulling },
    ],
    false,
  ],
  [
    "nor is one that was ready by a check",
    [
      { startedAt: at(1), reason: running, ready: true },
      { startedAt: null, reason: pulling },
    ],
    false,
  ],
  [
    "and it is again when another run begins",
    [
      { startedAt: at(1), reason: running },
      { startedAt: null, reason: pulling },
      { startedAt: at(2), reason: running },
    ],
    true,
  ],
  [
    "a report of the same run keeps what a check has said",
    [
      { startedAt: at(1), reason: running, ready: false },
      { startedAt: at(1), reason: running },
    ],
    false,
  ],
])("%s", (_, reports, ready) => {
  const world = new World();
  world.node("n1", { version: "1" });
  const { taskId } = world.task("web");
  for (const report of reports) world.do({ type: "reportTask", taskId, report: { status: "running", ...report } });
  expect(world.state.task(taskId).observed.ready).toBe(ready);
});

test.each([false, true])(
  "a report that comes after one of a later run changes nothing (as containers: %p)",
  (several) => {
    const world = new World();
    world.node("n1", { version: "1" });
    const { taskId } = world.task("web");
    const report = (restarts: number, startedAt: string) => {
      const container = { restarts, startedAt, exitCode: restarts === 0 ? 3 : null };
      const { name } = world.state.task(taskId).spec.containers[0]!;
      const fields = several ? { containers: [{ name, ...container }] } : container;
      const { changes } = world.do({
        type: "reportTask",
        taskId,
        report: { status: "running", reason: running, ...fields },
      });
      return changes.length;
    };
    expect(report(0, at(1))).toBeGreaterThan(0);
    expect(report(1, at(2))).toBeGreaterThan(0);
    expect(report(0, at(1))).toBe(0);
    expect(world.state.task(taskId).observed.containers[0]).toMatchObject({ restarts: 1, startedAt: at(2) });
    // A clock that was set back, and a record of an older backup, are no earlier runs.
    expect(report(2, at(1))).toBeGreaterThan(0);
    expect(report(1, at(3))).toBeGreaterThan(0);
  },
);
