// Jobs under random events: tasks that succeed, fail and are lost, users who suspend, stop and remove, a master that starts again.
// Each end is counted once, no index runs twice at once or succeeds twice, and every job ends.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import { countOf } from "../../../model/job/ranges.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { World } from "../../test-world.ts";
import { Jobs } from "./test-jobs.ts";

/** What the workers of this test reported, to compare the counts with. */
interface Seen {
  succeeded: number;
  failed: number;
}

function run(seed: number): void {
  const random = seededRandom(seed);
  const below = (count: number) => randomInteger(random, count);
  const jobs = new Jobs(3);
  const indexed = below(2) === 0;
  const completions = 1 + below(12);
  jobs.put({ completions, parallelism: 1 + below(5), indexed, backoffLimit: 1_000 });
  const seen: Seen = { succeeded: 0, failed: 0 };
  for (let step = 0; step < 120; step++) {
    event(jobs, below);
    const tasks = [...jobs.world.state.tasks.values()].filter(() => below(2) === 0);
    for (const task of tasks) report(jobs, task, below(4) === 0 ? "failed" : "completed", seen);
    jobs.world.now += below(3_000);
    jobs.world.do({ type: "wake" });
    expectTrue(jobs, seen, `seed ${seed}, step ${step}`);
  }
  if (jobs.job.suspended && jobs.job.finishedAt === null)
    jobs.world.do({ type: "suspendJob", jobId: jobs.job.jobId, suspended: false });
  for (const { nodeId } of jobs.world.state.nodes.values()) jobs.world.do({ type: "refreshNode", nodeId });
  jobs.finish();
  expect([seed, jobs.job.status, jobs.job.succeeded]).toEqual([seed, "completed", completions]);
  if (indexed) expect(countOf(jobs.job.doneIndexes)).toBe(completions);
}

function event(jobs: Jobs, below: (count: number) => number): void {
  const { world } = jobs;
  const { jobId } = jobs.job;
  const what = below(12);
  const some = jobs.tasks[below(Math.max(1, jobs.tasks.length))];
  if (what === 0) world.tick({ type: "suspendJob", jobId, suspended: below(2) === 0 });
  else if (what === 1 && some) world.do({ type: "stopTask", taskId: some.taskId });
  else if (what === 2 && some) world.do({ type: "removeTask", taskId: some.taskId, force: true });
  else if (what === 3 && some) world.do({ type: "removeTask", taskId: some.taskId, force: true, whenEnded: true });
  else if (what === 4) jobs.lose(`n${1 + below(3)}`);
  else if (what === 5) for (const { nodeId } of world.state.nodes.values()) world.do({ type: "refreshNode", nodeId });
  else if (what === 6)
    jobs.world = Object.assign(new World(), { state: readSnapshot([...writeSnapshot(world.state)]), now: world.now });
  else if (what === 7) {
    const parallelism = 1 + below(5);
    if (jobs.job.finishedAt === null) jobs.put({ parallelism });
  }
}

/** A worker reports a task, and the test counts what ends by itself. */
function report(jobs: Jobs, task: Task, end: "completed" | "failed", seen: Seen): void {
  jobs.ends[task.name] = end;
  const command = jobs.reportOf(task);
  if (!command) return;
  const [outcome] = jobs.world.tick(command).outcomes;
  if (!outcome!.ok || task.observed.status !== "running" || task.desired === "stopped") return;
  if (end === "completed") seen.succeeded++;
  else seen.failed++;
}

function expectTrue(jobs: Jobs, { succeeded, failed }: Seen, said: string): void {
  const { job } = jobs;
  expect([said, job.succeeded, job.failed]).toEqual([said, succeeded, failed]);
  expect(job.succeeded).toBeLessThanOrEqual(job.completions);
  expect(jobs.active.length).toBeLessThanOrEqual(job.suspended ? 0 : Math.max(0, job.completions - job.succeeded));
  if (!job.indexed) return;
  expect(countOf(job.doneIndexes)).toBe(job.succeeded);
  const slots = jobs.tasks.filter((task) => !hasFinished(task)).map(({ owner }) => owner!.slot);
  expect([said, ...slots]).toEqual([said, ...new Set(slots)]);
}

const seeds = Number(process.env.PODLING_JOB_SEEDS ?? 60);

test(`${seeds} random histories of a job count each end once, and end completed`, () => {
  for (let seed = 1; seed <= seeds; seed++) run(seed);
}, 120_000);
