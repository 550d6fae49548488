// The newest state of a task reaches the master, whenever it becomes known.

import { describe, expect, test } from "bun:test";
import { type Client, UnreachableError } from "../../api/client.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { TaskStatus } from "../../model/task/reason.ts";
import type { Observation } from "../task/step.ts";
import { formsOf, Reporter } from "./reporter.ts";

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
      source: { nodeId: "n", nextReportNumber: () => 1, onReportsDone() {} },
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

test("after a report without an answer, the newest state is sent although it was acknowledged before it, and once more", async () => {
  let pauseOver = () => {};
  const clock: Clock = {
    ...systemClock,
    timer: (_, fire) => {
      pauseOver = fire;
      return () => {};
    },
  };
  const sent: (boolean | undefined)[] = [];
  let isAway = false;
  const call = async (_: string, { body }: { body: Observation }) => {
    sent.push(body.ready);
    if (isAway) throw new UnreachableError("http://m", "no answer", null);
    return { ok: true };
  };
  const reporter = startReporter(call, clock);
  const at = (ready: boolean): Observation => ({ ...observation("running"), ready });
  reporter.report(at(true));
  await microtasks(50);
  isAway = true;
  reporter.report(at(false)); // the master may get it later
  await microtasks(50);
  reporter.report(at(true));
  isAway = false;
  for (let pause = 0; pause < 3; pause++) {
    pauseOver();
    await microtasks(50);
  }
  expect(sent).toEqual([true, false, true, true]);
});

test("nothing more is sent of a task that the master does not want, until it is assigned again", async () => {
  const sent: string[] = [];
  const call = (_: string, { body, signal }: { body: Observation; signal: AbortSignal }) => {
    sent.push(body.status);
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const reporter = startReporter(call as never, systemClock);
  reporter.report(observation("running"));
  await microtasks(20);
  reporter.unwanted();
  await microtasks(50);
  reporter.report(observation("failed"));
  reporter.sendNow();
  await microtasks(50);
  expect([sent, reporter.isDone]).toEqual([["running"], true]);
  reporter.recorded("running");
  reporter.report(observation("failed"));
  await microtasks(50);
  expect(sent).toEqual(["running", "failed"]);
  reporter.unwanted();
});

describe("a master that does not know a field", () => {
  const end: Observation = {
    ...observation("failed"),
    ...{ requestedRestarts: 2, exitCode: 3, startedAt: "2025-01-19T12:34:56.000Z" },
    publishedPorts: [{ hostIp: "", hostPort: 1, containerPort: 2, protocol: "sctp" }],
    lastFailure: { finishedAt: null, exitCode: 3, log: ["no"] },
  };
  const running = { ...end, status: "running" as const, exitCode: null };

  /** Reports an end; `readable` says whether the master can read a body. Resolves to the bodies that it took. */
  async function taken(readable: (body: Observation) => boolean, code = "unknown-field") {
    const bodies: Observation[] = [];
    const timers: (() => void)[] = [];
    const call = async (_: string, { body }: { body: Observation }) => {
      if (!readable(body)) return { ok: false, refusal: { code, message: "no" } };
      bodies.push(body);
      return { ok: true };
    };
    const reporter = startReporter(call, {
      ...systemClock,
      timer: (_, fire) => {
        timers.push(fire);
        return () => {};
      },
    });
    reporter.report(running);
    await microtasks(100);
    reporter.report(end);
    await microtasks(200);
    return { bodies, reporter, timers };
  }

  test("gets the end without a count of requested restarts", async () => {
    const { bodies, reporter } = await taken((body) => !("requestedRestarts" in body));
    expect(bodies.at(-1)).toMatchObject({ status: "failed", exitCode: 3, lastFailure: { log: ["no"] } });
    expect(reporter.isDone).toBe(true);
  });

  test("gets the end without a field that no release has", async () => {
    const { bodies } = await taken((body) => !("restarts" in body));
    expect(bodies.at(-1)).toMatchObject({ status: "failed", exitCode: 3 });
  });

  test("gets the bare status of an end if it can read no more", async () => {
    const { bodies } = await taken((body) => !("exitCode" in body), "invalid-field");
    expect(bodies).toEqual([
      { status: "running", nodeId: "n" },
      { status: "failed", nodeId: "n" },
    ] as never);
  });

  test("and cannot read the status of an end gets it again later", async () => {
    let upgraded = false;
    const { bodies, reporter, timers } = await taken(() => upgraded);
    expect([bodies.length, reporter.isDone]).toEqual([0, false]);
    upgraded = true;
    timers.at(-1)!();
    await microtasks(200);
    expect(bodies.at(-1)).toMatchObject({ status: "failed" });
    expect(reporter.isDone).toBe(true);
  });

  test("gets that a task is not ready as long as it can read that", () => {
    const forms = formsOf(
      { ...end, status: "running", ready: false, reason: { code: "not-ready", message: "m" } },
      "n",
    );
    expect(forms.map((form) => form.ready)).toEqual([false, false, undefined, undefined, undefined, undefined]);
    const long = { code: "unhealthy", message: "x".repeat(limits.reasonLength) } as const;
    expect(formsOf({ ...end, reason: long }, "n")[1]!.reason!.message).toHaveLength(limits.messageLength);
  });

  test.each([
    ["policy-forbidden", "create-failed"],
    ["restart-requested", "running"],
    ["not-ready", "running"],
    ["unhealthy", "exited"],
    ["exited", "exited"],
  ] as const)("gets a report with the reason %s as %s", (code, earlier) => {
    const [whole, plain] = formsOf({ ...end, reason: { code, message: "m" } }, "n");
    expect(whole!.reason!.code).toBe(code);
    expect(plain!.reason).toEqual({ code: earlier, message: "m" });
    expect(plain).not.toHaveProperty("requestedRestarts");
    expect(plain!.publishedPorts).toEqual([]);
  });
});
