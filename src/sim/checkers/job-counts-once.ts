// A job's counts are those of the ends of its tasks: each end once, in its own batch, and each index succeeds once.

import type { Job } from "../../model/job/job.ts";
import { hasEnded } from "../../model/job/job.ts";
import { countOf, parseRanges } from "../../model/job/ranges.ts";
import { hasFinished, type Task } from "../../model/task/task.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";

interface Ends {
  succeeded: number;
  failed: number;
  /** Of an indexed job. */
  indexes: number[];
}

export const jobCountsOnce: Checker = {
  name: "job-counts-once",
  sentence: "A job counts each end of its tasks once, in the batch of that end, and runs each index to success once.",
  class: "safety",
  hooks: ({ truth }, fail) => ({
    batch(certain) {
      const ends = endsOf(changesOf(certain, "task"));
      for (const { before, after } of changesOf(certain, "job")) {
        if (after === null) continue;
        const job = after;
        const { succeeded = 0, failed = 0, indexes = [] } = ends.get(job.jobId) ?? {};
        const [wasSucceeded, wasFailed] = [before?.succeeded ?? 0, before?.failed ?? 0];
        // A batch may change a job several times: only the last one has all of its ends.
        const isLast = truth.state.tables.job.get(job.jobId) === job;
        const first = firstOf(changesOf(certain, "job"), job.jobId) ?? before;
        if (!isLast || (first !== null && hasEnded(first))) continue;
        const [fromSucceeded, fromFailed] = [first?.succeeded ?? wasSucceeded, first?.failed ?? wasFailed];
        if (job.succeeded - fromSucceeded !== succeeded)
          fail(`${job.name} counted ${job.succeeded - fromSucceeded} successes, and ${succeeded} tasks succeeded`);
        if (job.failed - fromFailed !== failed)
          fail(`${job.name} counted ${job.failed - fromFailed} failures, and ${failed} tasks failed`);
        if (job.indexed) checkIndexes(job, first, indexes, fail);
      }
      for (const [jobId, { succeeded, failed }] of ends) {
        const job = truth.state.tables.job.get(jobId as Job["jobId"]);
        const isCounted = changesOf(certain, "job").some((change) => (change.after ?? change.before)!.jobId === jobId);
        if (job && !hasEnded(job) && !isCounted && succeeded + failed > 0)
          fail(`${job.name} did not count the end of a task`);
      }
    },
    periodic() {
      for (const job of truth.state.tables.job.values()) {
        const unfinished = truth.ownedBy(job.jobId).filter((task) => !hasFinished(task));
        const slots = unfinished.map(({ owner }) => owner!.slot).filter((slot) => slot !== undefined);
        if (new Set(slots).size !== slots.length) fail(`${job.name} runs an index twice at once: ${slots}`);
        const active = unfinished.filter(({ desired }) => desired === "running").length;
        if (active > job.parallelism) fail(`${job.name} has ${active} tasks, and may have ${job.parallelism} at once`);
        if (job.succeeded > job.completions) fail(`${job.name} counts ${job.succeeded} of ${job.completions}`);
      }
    },
  }),
};

/** The ends that count, by job. */
function endsOf(changes: readonly { before: Task | null; after: Task | null }[]): Map<string, Ends> {
  const ends = new Map<string, Ends>();
  for (const { before, after } of changes) {
    if (after?.owner?.kind !== "job" || before === null || hasFinished(before) || !hasFinished(after)) continue;
    const of = ends.get(after.owner.id) ?? { succeeded: 0, failed: 0, indexes: [] };
    ends.set(after.owner.id, of);
    const { status, reason } = after.observed;
    const isLost = reason.code === "node-lost" || reason.code === "node-deregistered";
    if (status === "completed") {
      of.succeeded++;
      of.indexes.push(Number(after.owner.slot));
    } else if (status === "failed" && !isLost && before.desired === "running") of.failed++;
  }
  return ends;
}

/** The job as it was before the batch; null if the batch created it, undefined if it did not change it. */
function firstOf(changes: readonly { before: Job | null; after: Job | null }[], jobId: string): Job | null | undefined {
  return changes.find(({ before, after }) => (after ?? before)!.jobId === jobId)?.before;
}

function checkIndexes(job: Job, before: Job | null, added: readonly number[], fail: (message: string) => void): void {
  if (countOf(job.doneIndexes) !== job.succeeded)
    fail(`${job.name} has the indexes ${job.doneIndexes}, and counts ${job.succeeded}`);
  const had = parseRanges(before?.doneIndexes ?? "");
  for (const index of added)
    if (had.some(({ first, last }) => first <= index && index <= last))
      fail(`${job.name} ran index ${index} to success twice`);
}
