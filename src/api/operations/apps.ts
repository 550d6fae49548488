// The operations on apps.

import type { AppRevision } from "../../model/app/app.ts";
import type { AppApplied, AppRemoval, AppView } from "../../model/app/view.ts";
import { limits } from "../../model/limits.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, findNodeRefusals, writeRefusals } from "./refusals.ts";

/** Of a member that cannot become what the app says, and of an app that another client has changed. */
const memberRefusals = ["name-taken", "plan-drifted", "conflict", "volume-in-use"] as const;

export const appOperations = {
  putApp: operation<AppApplied>()({
    method: "PUT",
    path: "/api/v1/apps/{id}",
    summary:
      "Make the app of this name what the body says, all of it or nothing, and create it if there is none. Services, jobs, schedules, configs and secrets that the body no longer names are removed; the same body again changes nothing.",
    access: "write",
    body: "AppInput",
    bodyBytes: limits.appBytes,
    query: "putApp",
    status: 200,
    media: json,
    answer: "AppApplied",
    refusals: [...bodyRefusals, ...memberRefusals, "key-unavailable", ...findNodeRefusals, ...writeRefusals],
  }),
  listApps: operation<AppView[]>()({
    method: "GET",
    path: "/api/v1/apps",
    summary: "List apps, by name.",
    access: "read",
    status: 200,
    media: json,
    answer: "AppList",
    refusals: [],
  }),
  getApp: operation<AppView>()({
    method: "GET",
    path: "/api/v1/apps/{id}",
    summary: "One app, by its name: its members, and how its services and jobs are.",
    access: "read",
    status: 200,
    media: json,
    answer: "App",
    refusals: ["app-not-found"],
  }),
  deleteApp: operation<AppRemoval>()({
    method: "DELETE",
    path: "/api/v1/apps/{id}",
    summary:
      "Remove an app with its services, jobs, schedules, configs and secrets, all of them or none. Its volumes stay; with volumes, they are removed with their data once the replicas have stopped.",
    access: "write",
    query: "deleteApp",
    status: 200,
    media: json,
    answer: "AppRemoval",
    refusals: ["app-not-found", "in-use", ...writeRefusals],
  }),
  listAppRevisions: operation<AppRevision[]>()({
    method: "GET",
    path: "/api/v1/apps/{id}/revisions",
    summary: "The revisions of an app that are kept, the oldest first: what was applied, by whom and when.",
    access: "read",
    status: 200,
    media: json,
    answer: "AppRevisionList",
    refusals: ["app-not-found"],
  }),
  rollbackApp: operation<AppApplied>()({
    method: "POST",
    path: "/api/v1/apps/{id}/rollback",
    summary: "Apply an earlier revision again, as another one: that of `to`, or the one before.",
    access: "write",
    query: "rollbackApp",
    status: 200,
    media: json,
    answer: "AppApplied",
    refusals: ["app-not-found", "unprocessable", ...memberRefusals, ...writeRefusals],
  }),
} as const;
