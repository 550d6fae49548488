// The operations on jobs.

import type { JobView } from "../../model/job/view.ts";
import type { TaskView } from "../views/task.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, findJobRefusals, findScheduleRefusals, writeRefusals } from "./refusals.ts";

const refusals = [...findJobRefusals, ...writeRefusals] as const;

export const jobOperations = {
  createJob: operation<JobView>()({
    method: "POST",
    path: "/api/v1/jobs",
    summary: "Create a job. Its first tasks are started at once.",
    access: "write",
    body: "JobInput",
    query: "createJob",
    status: 201,
    media: json,
    answer: "Job",
    refusals: [...bodyRefusals, "name-taken", ...writeRefusals],
  }),
  listJobs: operation<JobView[]>()({
    method: "GET",
    path: "/api/v1/jobs",
    summary: "List jobs, by name.",
    access: "read",
    query: "listJobs",
    status: 200,
    media: json,
    answer: "JobList",
    refusals: [...findScheduleRefusals],
  }),
  getJob: operation<JobView>()({
    method: "GET",
    path: "/api/v1/jobs/{id}",
    summary: "One job, by id, unique prefix or name.",
    access: "read",
    query: "waitJob",
    status: 200,
    media: json,
    answer: "Job",
    refusals: [...findJobRefusals],
  }),
  putJob: operation<JobView>()({
    method: "PUT",
    path: "/api/v1/jobs/{id}",
    summary:
      "Create the job of this name, if there is none. The same body again changes nothing; a job takes another ttlAfterFinished, and until it has ended another parallelism, backoffLimit or activeDeadline.",
    access: "write",
    body: "JobInput",
    status: 200,
    media: json,
    answer: "Job",
    refusals: [...bodyRefusals, "name-taken", "job-not-found", ...writeRefusals],
  }),
  deleteJob: operation<null>()({
    method: "DELETE",
    path: "/api/v1/jobs/{id}",
    summary: "Remove a job; its tasks are stopped and removed.",
    access: "write",
    status: 204,
    media: "none",
    answer: "Any",
    refusals,
  }),
  suspendJob: operation<JobView>()({
    method: "POST",
    path: "/api/v1/jobs/{id}/suspend",
    summary: "Stop the tasks of a job, and start none until it is resumed. What has succeeded stays counted.",
    access: "write",
    status: 200,
    media: json,
    answer: "Job",
    refusals: [...refusals, "unprocessable"],
  }),
  resumeJob: operation<JobView>()({
    method: "POST",
    path: "/api/v1/jobs/{id}/resume",
    summary: "Go on with a suspended job. Its deadline counts from now.",
    access: "write",
    status: 200,
    media: json,
    answer: "Job",
    refusals: [...refusals, "unprocessable"],
  }),
  listJobTasks: operation<TaskView[]>()({
    method: "GET",
    path: "/api/v1/jobs/{id}/tasks",
    summary: "The tasks of a job, the oldest first, with those that have ended and are still kept.",
    access: "read",
    status: 200,
    media: json,
    answer: "TaskList",
    refusals: [...findJobRefusals],
  }),
} as const;
