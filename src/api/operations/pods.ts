// The operations on pods, in the form of Podling's first edition. A pod is a task: the operations on tasks work on it, too.

import type { PodView } from "../../model/task/pod-view.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, findTaskRefusals, writeRefusals } from "./refusals.ts";

export const podOperations = {
  createPod: operation<PodView>()({
    method: "POST",
    path: "/api/v1/pods",
    summary: "Create a pod: a task of containers that share one network.",
    access: "write",
    body: "PodInput",
    status: 201,
    media: json,
    answer: "Pod",
    refusals: [...bodyRefusals, ...writeRefusals],
  }),
  listPods: operation<PodView[]>()({
    method: "GET",
    path: "/api/v1/pods",
    summary: "List pods, the newest ones, oldest first: tasks that were made here, and those of several containers.",
    access: "read",
    query: "pods",
    status: 200,
    media: json,
    answer: "PodList",
    refusals: [],
  }),
  getPod: operation<PodView>()({
    method: "GET",
    path: "/api/v1/pods/{id}",
    summary: "One pod, by id, unique prefix or name.",
    access: "read",
    status: 200,
    media: json,
    answer: "Pod",
    refusals: [...findTaskRefusals],
  }),
  reportPod: operation<PodView>()({
    method: "PUT",
    path: "/api/v1/pods/{id}/status",
    summary: "Report the status of a pod. Only legal transitions; repeating a report is harmless.",
    access: "node",
    body: "PodReport",
    status: 200,
    media: json,
    answer: "Pod",
    refusals: [...bodyRefusals, ...findTaskRefusals, "illegal-move", "not-your-task", ...writeRefusals],
  }),
  deletePod: operation<null>()({
    method: "DELETE",
    path: "/api/v1/pods/{id}",
    summary: "Remove a pod, also one that runs: its containers are stopped and removed.",
    access: "write",
    status: 204,
    media: "none",
    answer: "Any",
    refusals: [...findTaskRefusals, ...writeRefusals],
  }),
} as const;
