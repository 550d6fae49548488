// The newest truth of a task reaches the master, at whatever moment it becomes known.

import { expect, test } from "bun:test";
import type { Client } from "../../api/client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import type { TaskId } from "../../model/ids.ts";
import type { TaskStatus } from "../../model/task/reason.ts";
import type { Observation } from "../task/step.ts";
import { Reporter } from "./reporter.ts";

function observation(status: TaskStatus): Observation {
  const nothing = { containerId: "c1", exitCode: null, oomKilled: false, restarts: 0, publishedPorts: [] };
  const reason = { code: "running" as const, message: status };
  return { ...nothing, status, reason, startedAt: null, finishedAt: null, error: null, lastFailure: null };
}

async function microtasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

for (let moment = 0; moment < 20; moment++) {
  test(`an end that is reported ${moment} turns after the report before it was answered is told`, async () => {
    const told: string[] = [];
    const answered = Promise.withResolvers<{ ok: true }>();
    const call = (_: string, { body }: { body: Observation }) => {
      told.push(body.status);
      return answered.promise;
    };
    const reporter = new Reporter(
      {
        client: { call } as unknown as Client,
        clock: systemClock,
        log: silentLog,
        taskId: "t" as TaskId,
        nodeId: () => "n",
        signal: new AbortController().signal,
        gate: new Semaphore(1),
        onSettled: () => {},
      },
      "scheduled",
    );
    reporter.report(observation("running"));
    await microtasks(3);
    answered.resolve({ ok: true });
    await microtasks(moment);
    reporter.report(observation("failed"));
    await microtasks(50);
    expect(told).toEqual(["running", "failed"]);
    expect(reporter.settled).toBe(true);
  });
}
