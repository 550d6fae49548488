// Jobs over time: what runs at once, what counts, when the next task starts, and how a job ends.

import { expect, test } from "bun:test";
import type { ParsedJobInput } from "../../../model/job/job-input.ts";
import { parseRestartPolicy } from "../../../model/task/restart-policy.ts";
import { hasFinished } from "../../../model/task/task.ts";
import { Jobs } from "./test-jobs.ts";

test("a job of one task runs it once, and is completed", () => {
  const jobs = new Jobs();
  jobs.put();
  expect([jobs.state, jobs.active]).toEqual(["waiting starting", ["import.1"]]);
  jobs.round();
  expect(jobs.state).toBe("running running");
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", started: 1, succeeded: 1, failed: 0, doneIndexes: "" });
  expect(jobs.job.reason.message).toBe("its task succeeded");
  expect(jobs.tasks.map(({ owner }) => owner)).toEqual([{ kind: "job", id: jobs.job.jobId }]);
});

test("at most so many tasks run at once as parallelism says, and no more than are missing", () => {
  const jobs = new Jobs();
  jobs.put({ completions: 5, parallelism: 2 });
  const most: number[] = [jobs.active.length];
  while (jobs.job.status !== "completed") {
    jobs.round();
    most.push(jobs.active.length);
  }
  expect(Math.max(...most)).toBe(2);
  expect(jobs.job).toMatchObject({ started: 5, succeeded: 5, reason: { message: "all 5 tasks succeeded" } });
  expect(jobs.tasks.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((number) => `import.${number}`));
});

test("an indexed job runs the lowest missing index, and tells each container its own", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.1": "runs" };
  jobs.put({ completions: 5, parallelism: 2, indexed: true, env: { MODE: "all" } });
  expect(jobs.active).toEqual(["import.0", "import.1"]);
  expect(jobs.tasks.map(({ spec }) => spec.containers[0]!.env)).toEqual([
    { MODE: "all", PODLING_JOB_INDEX: "0" },
    { MODE: "all", PODLING_JOB_INDEX: "1" },
  ]);
  for (let round = 0; round < 8; round++) jobs.round();
  expect([jobs.job.doneIndexes, jobs.job.status, jobs.active]).toEqual(["0,2-4", "running", ["import.1"]]);
  jobs.ends = {};
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", doneIndexes: "0-4", succeeded: 5, started: 5 });
});

test("after each failure in a row the pause before the next task doubles, from 1 s to 6 min", () => {
  const jobs = new Jobs();
  jobs.put({ backoffLimit: 100 });
  const pauses: number[] = [];
  for (let failure = 1; failure <= 11; failure++) {
    jobs.ends[`import.${failure}`] = "failed";
    jobs.round();
    jobs.round(0);
    expect([failure, jobs.state, jobs.job.failed]).toEqual([failure, "waiting back-off", failure]);
    pauses.push(Date.parse(jobs.job.nextAt!) - jobs.world.now);
    jobs.world.now = Date.parse(jobs.job.nextAt!) - 1;
    jobs.world.do({ type: "wake" });
    expect(jobs.active).toEqual([]);
    expect(jobs.world.do({ type: "wake" }).wakeAt).toBe(jobs.world.now + 1);
    jobs.world.now += 1;
    jobs.world.do({ type: "wake" });
    expect(jobs.active).toEqual([`import.${failure + 1}`]);
  }
  expect(pauses.map((ms) => ms / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", failed: 11, failedInARow: 0, nextAt: null });
});

test("a job that has failed more often than its limit allows has failed, and its other tasks are stopped", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.0": "failed", "import.1": "runs" };
  jobs.put({ completions: 3, parallelism: 2, indexed: true, backoffLimit: 1 });
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "failed", failed: 2, succeeded: 0 });
  expect(jobs.job.reason).toEqual({
    code: "backoff-limit",
    message: "import.0: exited with code 1; 2 tasks failed, and 1 may",
  });
  jobs.round();
  expect(jobs.tasks.filter((task) => !hasFinished(task))).toEqual([]);
  expect(jobs.tasks.map(({ name, observed }) => `${name} ${observed.status}`).sort()).toEqual([
    "import.0 failed",
    "import.0 failed",
    "import.1 stopped",
  ]);
});

test("a lost node's task is replaced at once, and is no failure", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.0": "runs" };
  jobs.put({ indexed: true, backoffLimit: 0 });
  jobs.round();
  const [lost] = jobs.tasks;
  const { hostname } = jobs.world.state.node(lost!.placement!.nodeId);
  jobs.lose(hostname);
  const [before, after] = jobs.tasks;
  expect([before!.observed.status, before!.replacedBy]).toEqual(["failed", after!.taskId]);
  expect([after!.replaces, after!.name, after!.spec.containers[0]!.env]).toEqual([
    lost!.taskId,
    "import.0",
    { PODLING_JOB_INDEX: "0" },
  ]);
  jobs.ends = {};
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", failed: 0, succeeded: 1, started: 2 });
});

test("what a lost task reports after its node is back counts for nothing", () => {
  const jobs = new Jobs();
  jobs.put({ completions: 2 });
  jobs.round(0);
  const [lost] = jobs.tasks;
  const { nodeId } = lost!.placement!;
  jobs.lose(jobs.world.state.node(nodeId).hostname);
  jobs.world.do({ type: "refreshNode", nodeId });
  expect(jobs.world.refusal(jobs.world.report(lost!.taskId, { status: "completed" }))).toBe("illegal-move");
  expect(jobs.job.succeeded).toBe(0);
});

test("an end that was counted stays counted when its task is removed", () => {
  const jobs = new Jobs();
  jobs.put({ completions: 2 });
  const done = jobs.tasks[0]!.taskId;
  jobs.round(0);
  jobs.world.do({ type: "removeTask", taskId: done, force: true, whenEnded: true });
  jobs.world.do(jobs.world.report(done, { status: "completed", exitCode: 0 }));
  expect([jobs.world.state.tasks.has(done), jobs.job.succeeded]).toEqual([false, 1]);
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", succeeded: 2, started: 2 });
});

test("a task that a user stops or removes counts for nothing, and another one takes its place", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.1": "runs", "import.2": "runs" };
  jobs.put({ backoffLimit: 0 });
  jobs.round(0);
  jobs.world.do({ type: "stopTask", taskId: jobs.tasks[0]!.taskId });
  expect(jobs.active).toEqual(["import.2"]);
  jobs.round(0);
  jobs.world.do({ type: "removeTask", taskId: jobs.tasks[1]!.taskId, force: true });
  expect(jobs.active).toEqual(["import.3"]);
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", failed: 0, succeeded: 1, started: 3 });
});

test("two tasks of one index never run at once: the next waits for the end of a stopped one", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.0": "runs" };
  jobs.put({ indexed: true });
  jobs.round(0);
  const { taskId } = jobs.tasks[0]!;
  jobs.world.do({ type: "stopTask", taskId });
  expect([jobs.active, jobs.state]).toEqual([[], "waiting starting"]);
  jobs.world.do(jobs.world.report(taskId, { status: "stopped" }));
  expect(jobs.active).toEqual(["import.0"]);
});

test("a job that takes longer than its deadline has failed", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.1": "runs" };
  jobs.put({ activeDeadline: 60_000 });
  jobs.round(0);
  expect(jobs.world.do({ type: "wake" }).wakeAt).toBe(jobs.world.now + 60_000);
  jobs.world.now += 60_000;
  jobs.world.do({ type: "wake" });
  expect([jobs.state, jobs.active]).toEqual(["failed deadline-exceeded", []]);
  expect(jobs.job.reason.message).toBe("not done within 60 s, which is its deadline");
});

test("a suspended job stops its tasks, keeps its counts, and goes on when it is resumed", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.2": "runs" };
  const { jobId } = jobs.put({ completions: 2, activeDeadline: 60_000 });
  jobs.round();
  jobs.round();
  expect([jobs.job.succeeded, jobs.active]).toEqual([1, ["import.2"]]);
  jobs.world.do({ type: "suspendJob", jobId, suspended: true });
  expect([jobs.state, jobs.active, jobs.job.activeAt]).toEqual(["suspended suspended", [], null]);
  jobs.round();
  jobs.world.now += 3_600_000;
  jobs.world.do({ type: "wake" });
  expect(jobs.state).toBe("suspended suspended");
  jobs.world.do({ type: "suspendJob", jobId, suspended: false });
  expect(jobs.active).toEqual(["import.3"]);
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", succeeded: 2, failed: 0, started: 3 });
  expect(jobs.world.refusal({ type: "suspendJob", jobId, suspended: true })).toBe("unprocessable");
});

test("a job is removed with its tasks when its time to live is over", () => {
  const jobs = new Jobs();
  const { jobId } = jobs.put({ ttlAfterFinished: 5_000 });
  jobs.finish();
  const end = Date.parse(jobs.job.finishedAt!);
  expect(jobs.world.do({ type: "wake" }).wakeAt).toBe(end + 5_000);
  jobs.world.now = end + 5_000;
  jobs.world.do({ type: "wake" });
  expect([jobs.world.state.tables.job.size, jobs.world.state.tasks.size]).toEqual([0, 0]);
  expect(jobs.world.refusal({ type: "removeJob", jobId })).toBe("job-not-found");
});

test("a job with a time to live of 0 is removed as soon as it has ended, completed or failed", () => {
  for (const end of ["completed", "failed"] as const) {
    const jobs = new Jobs();
    jobs.ends = { "import.1": end };
    jobs.put({ ttlAfterFinished: 0, backoffLimit: 0 });
    jobs.finish();
    jobs.world.do({ type: "wake" });
    expect([end, jobs.world.state.tables.job.size, jobs.world.state.tasks.size]).toEqual([end, 0, 0]);
  }
});

test("the deadline of a job whose task fits on no node ends it, and its waiting task", () => {
  const jobs = new Jobs(0);
  jobs.put({ activeDeadline: 60_000 });
  jobs.world.do({ type: "wake" });
  expect(jobs.state).toBe("waiting no-capacity");
  expect(jobs.world.do({ type: "wake" }).wakeAt).toBe(jobs.world.now + 60_000);
  jobs.world.now += 60_000;
  jobs.world.do({ type: "wake" });
  expect(jobs.state).toBe("failed deadline-exceeded");
  expect(jobs.tasks.map(({ observed, desired }) => [observed.status, desired])).toEqual([["stopped", "stopped"]]);
});

test("an indexed job goes on with the indexes of a lost node, and runs none of the finished ones again", () => {
  const jobs = new Jobs(2);
  jobs.ends = { "import.1": "runs", "import.3": "runs" };
  jobs.put({ completions: 4, parallelism: 4, indexed: true, backoffLimit: 0 });
  for (let round = 0; round < 3; round++) jobs.round();
  expect([jobs.job.doneIndexes, jobs.active]).toEqual(["0,2", ["import.1", "import.3"]]);
  for (const hostname of ["n1", "n2"]) jobs.lose(hostname);
  jobs.world.do({ type: "wake" });
  expect([jobs.state, jobs.active]).toEqual(["waiting no-capacity", ["import.1", "import.3"]]);
  jobs.ends = {};
  for (const { nodeId } of jobs.world.state.nodes.values()) jobs.world.do({ type: "refreshNode", nodeId });
  jobs.finish();
  expect(jobs.job).toMatchObject({ status: "completed", failed: 0, succeeded: 4, started: 6, doneIndexes: "0-3" });
});

test("a job says why it waits for capacity", () => {
  const jobs = new Jobs(0);
  jobs.put();
  jobs.world.do({ type: "wake" });
  expect(jobs.state).toBe("waiting no-capacity");
  expect(jobs.job.reason.message).toContain("no node");
});

test("the same input changes nothing, another pace is taken over, another template is refused", () => {
  const jobs = new Jobs();
  jobs.ends = { "import.1": "runs", "import.2": "runs" };
  jobs.put({ completions: 4 });
  const { revision } = jobs.world.state;
  jobs.put({ completions: 4 });
  expect(jobs.world.state.revision).toBe(revision);
  jobs.put({ completions: 4, parallelism: 3, backoffLimit: 9 });
  expect([jobs.active.length, jobs.job.backoffLimit]).toEqual([3, 9]);
  jobs.put({ parallelism: 1 });
  expect(jobs.active).toEqual(["import.1"]);
  const put = (input: Partial<ParsedJobInput>, more: object = {}) =>
    jobs.world.refusal({
      ...{ type: "putJob", input: { name: "import", image: "app:1", ...input } as ParsedJobInput, by: "test" },
      ...more,
    } as never);
  expect(put({ image: "app:2" })).toBe("name-taken");
  expect(put({ completions: 5 })).toBe("name-taken");
  expect(put({}, { mustBeNew: true })).toBe("name-taken");
  expect(put({ restartPolicy: parseRestartPolicy("always") })).toBe("unprocessable");
});

test("a job that has ended takes another time to live, and no other pace or limit", () => {
  const jobs = new Jobs();
  jobs.put({ completions: 2, parallelism: 2 });
  jobs.finish();
  const put = (input: Partial<ParsedJobInput>) => {
    const whole = { name: "import", image: "app:1", ...input } as ParsedJobInput;
    return jobs.world.refusal({ type: "putJob", input: whole, by: "test" });
  };
  for (const late of [{ parallelism: 3 }, { backoffLimit: 1 }, { activeDeadline: 1_000 }])
    expect([late, put(late)]).toEqual([late, "unprocessable"]);
  expect(jobs.job).toMatchObject({ parallelism: 2, backoffLimit: 6, deadlineMs: null });
  jobs.put({ completions: 2, parallelism: 2, ttlAfterFinished: 60_000 });
  expect(jobs.job.ttlMs).toBe(60_000);
});

test("a job that has ended is run again in its own place, and one that runs is not", () => {
  const jobs = new Jobs();
  const { jobId } = jobs.put();
  const again = { mustBeNew: true, again: true };
  expect(
    jobs.world.refusal({ type: "putJob", input: { name: "import", image: "app:2" } as never, by: "test", ...again }),
  ).toBe("name-taken");
  jobs.finish();
  jobs.put({ image: "app:2" }, again);
  expect(jobs.job.jobId).not.toBe(jobId);
  expect(jobs.tasks.map(({ spec }) => spec.containers[0]!.image)).toEqual(["app:2"]);
});
