// Mistakes in how jobs count and in what schedules start. Plain data.

import type { Mutant } from "./mutant.ts";

export const jobMutants: readonly Mutant[] = [
  {
    name: "failure-counted-twice",
    sentence: "A task that fails counts as two failures of its job.",
    file: "src/core/commands/job-count.ts",
    find: "return { failed: job.failed + 1, failedInARow,",
    replace: "return { failed: job.failed + 2, failedInARow,",
    caughtBy: ["job-counts-once"],
  },
  {
    name: "another-index-done",
    sentence: "A task that succeeds is recorded as the index after its own.",
    file: "src/core/commands/job-count.ts",
    find: "withIndex(doneIndexes, Number(owner!.slot))",
    replace: "withIndex(doneIndexes, Number(owner!.slot) + 1)",
    caughtBy: ["job-counts-once"],
  },
  {
    name: "triggered-for-the-last-due-time",
    sentence: "A job that a user triggers takes the newest due time, which has started one already.",
    file: "src/core/commands/schedules.ts",
    find: "{ scheduleId, dueAt: null });",
    replace: "{ scheduleId, dueAt: schedule.lastDueAt });",
    caughtBy: ["schedule-starts-once"],
  },
  {
    name: "back-off-without-end",
    sentence: "The end of the pause after a failure starts no look at the job.",
    file: "src/core/reconcile/job/plan.ts",
    find: "    if (nextAt > now) {\n      this.#wakeAt(nextAt);\n",
    replace: "    if (nextAt > now) {\n",
    caughtBy: ["jobs-end"],
  },
];
