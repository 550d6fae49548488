// The newest state of a task reaches the master, whenever it becomes known.

import { expect, test } from "bun:test";
import type { Client } from "../../api/client.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
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

/** A reporter of a scheduled task. `call` stands for the master. */
function startReporter(call: (operation: string, input: { body: Observation }) => unknown, clock: Clock): Reporter {
  return new Reporter(
    {
      client: { call } as unknown as Client,
      clock,
      log: silentLog,
      taskId: "t" as TaskId,
      source: { nodeId: "n", onReportsDone() {} },
      signal: new AbortController().signal,
      gate: new Semaphore(1),
    },
    "scheduled",
  );
}

for (let moment = 0; moment < 20; moment++) {
  test(`an end that is reported ${moment} turns after the answer to the report before it is sent`, async () => {
    const sent: string[] = [];
    const answered = Promise.withResolvers<{ ok: true }>();
    const call = (_: string, { body }: { body: Observation }) => {
      sent.push(body.status);
      return answered.promise;
    };
    const reporter = startReporter(call, systemClock);
    reporter.report(observation("running"));
    await microtasks(3);
    answered.resolve({ ok: true });
    await microtasks(moment);
    reporter.report(observation("failed"));
    await microtasks(50);
    expect(sent).toEqual(["running", "failed"]);
    expect(reporter.isDone).toBe(true);
  });
}

test("a run that ended before the first report is reported as running, then as ended", async () => {
  const sent: string[] = [];
  const call = async (_: string, { body }: { body: Observation }) => {
    sent.push(body.status);
    return { ok: true };
  };
  const reporter = startReporter(call, systemClock);
  reporter.report({ ...observation("completed"), startedAt: "2025-01-19T12:34:56.000Z", exitCode: 0 });
  await microtasks(50);
  expect(sent).toEqual(["running", "completed"]);
  expect(reporter.isDone).toBe(true);
});

test("after the master answers again, a report that fails is repeated as soon as the first one", async () => {
  const pauses: number[] = [];
  let pauseOver = () => {};
  const clock: Clock = {
    ...systemClock,
    timer: (delayMs, fire) => {
      pauses.push(delayMs);
      pauseOver = fire;
      return () => {};
    },
  };
  const call = async () => ({ ok: false, refusal: { code: "journal-unavailable" } });
  const reporter = startReporter(call, clock);
  reporter.report(observation("running"));
  for (let failures = 0; failures < 4; failures++) {
    await microtasks(50);
    pauseOver();
  }
  await microtasks(50);
  reporter.sendNow();
  await microtasks(50);
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 500]);
});
