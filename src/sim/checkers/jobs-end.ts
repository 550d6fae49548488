// After the repair every job has ended, or says what it waits for.

import { hasEnded } from "../../model/job/job.ts";
import type { Checker } from "./checker.ts";

const waitingCodes: ReadonlySet<string> = new Set(["no-capacity", "waiting-for-dependency"]);

export const jobsEnd: Checker = {
  name: "jobs-end",
  sentence: "After the repair every job has ended, is suspended, has running tasks, or says what it waits for.",
  class: "liveness",
  hooks: ({ truth }, fail) => ({
    quiescent() {
      for (const job of truth.state.tables.job.values()) {
        if (hasEnded(job)) {
          const left = truth.ownedBy(job.jobId).filter(({ ended }) => ended === null);
          if (left.length > 0) fail(`${job.name} is ${job.status}, and ${left.length} of its tasks are not over`);
        } else if (job.status === "waiting" && !waitingCodes.has(job.reason.code))
          fail(`${job.name} waits, and says ${job.reason.code}: ${job.reason.message}`);
        else if (job.succeeded >= job.completions) fail(`${job.name} has succeeded, and is ${job.status}`);
      }
    },
  }),
};
