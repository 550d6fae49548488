// A job as the API shows it: the record, with the count of its unfinished tasks.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type Job, packJob } from "../../model/job/job.ts";
import type { JobUse, JobView } from "../../model/job/view.ts";
import { hasFinished } from "../../model/task/task.ts";

export function viewJob(state: ClusterState, job: Job): JobView {
  return { ...packJob(job), ...jobUse(state, job) };
}

export function jobUse(state: ClusterState, { jobId }: Pick<Job, "jobId">): JobUse {
  let active = 0;
  for (const taskId of state.jobTasks.of(jobId)) if (!hasFinished(state.task(taskId))) active++;
  return { active };
}
