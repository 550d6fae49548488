// Jobs and schedules as the API shows them: the records, with the counts of unfinished tasks and jobs.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { hasEnded, type Job, packJob } from "../../model/job/job.ts";
import type { JobUse, JobView } from "../../model/job/view.ts";
import { packSchedule, type Schedule } from "../../model/schedule/schedule.ts";
import type { ScheduleUse, ScheduleView } from "../../model/schedule/view.ts";
import { hasFinished } from "../../model/task/task.ts";

export function viewJob(state: ClusterState, job: Job): JobView {
  return { ...packJob(job), ...jobUse(state, job) };
}

export function jobUse(state: ClusterState, { jobId }: Pick<Job, "jobId">): JobUse {
  let active = 0;
  for (const taskId of state.jobTasks.of(jobId)) if (!hasFinished(state.task(taskId))) active++;
  return { active };
}

export function viewSchedule(state: ClusterState, schedule: Schedule): ScheduleView {
  return { ...packSchedule(schedule), ...scheduleUse(state, schedule) };
}

export function scheduleUse(state: ClusterState, { scheduleId }: Pick<Schedule, "scheduleId">): ScheduleUse {
  const jobs = [...state.scheduleJobs.of(scheduleId)].map((jobId) => state.record("job", jobId));
  return { active: jobs.filter((job) => !hasEnded(job)).length };
}
