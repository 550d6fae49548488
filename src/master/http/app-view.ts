// An app as the API shows it: the record, with how its services and jobs are.

import { jobsOf, servicesOf } from "../../core/commands/app/members.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type App, appRevisionId, memberLists } from "../../model/app/app.ts";
import type { AppReason, AppUse, AppView } from "../../model/app/view.ts";
import type { Job } from "../../model/job/job.ts";
import type { Service } from "../../model/service/service.ts";
import { serviceUse } from "./service-view.ts";

export function viewApp(state: ClusterState, app: App): AppView {
  return { ...app, ...appUse(state, app) };
}

/** An earlier event in the watch history may show an app that has been removed since: it has no revision any more. */
export function appUse(state: ClusterState, app: App): AppUse {
  const revision = state.tables.appRevision.get(appRevisionId(app.name, app.revision));
  const services = servicesOf(state, app.members);
  const jobs = jobsOf(state, app.members);
  const shown = services.map((service) => shownService(state, service));
  return {
    by: revision?.by ?? "",
    updatedAt: revision?.at ?? app.createdAt,
    reason: reasonOf(state, app, { services, jobs, shown }),
    services: shown,
    jobs: jobs.map(({ jobId, name, status }) => ({ jobId, name, status })),
  };
}

type ShownService = AppUse["services"][number];

function shownService(state: ClusterState, service: Service): ShownService {
  const { serviceId, name, reason } = service;
  const { wanted, serving, done } = serviceUse(state, service).replicas;
  return { serviceId, name, wanted, ready: Math.min(wanted, serving + done), status: reason.code };
}

interface Members {
  readonly services: readonly Service[];
  readonly jobs: readonly Job[];
  readonly shown: readonly ShownService[];
}

/** The worst of its members says how the app is. */
function reasonOf(state: ClusterState, { members }: App, { services, jobs, shown }: Members): AppReason {
  const ofServices = (...codes: Service["reason"]["code"][]) =>
    services
      .filter(({ reason }) => codes.includes(reason.code))
      .map(({ name, reason }) => `${name}: ${reason.message}`);
  const failed = jobs
    .filter(({ status }) => status === "failed")
    .map(({ name, reason }) => `${name}: ${reason.message}`);
  const missing = members.services.length - services.length + goneOf(state, members);
  const short = shown.filter(({ ready, wanted }) => ready < wanted).map(inReplicas);
  const found: [AppReason["code"], string[]][] = [
    ["failing", [...ofServices("failing", "rolled-back"), ...failed]],
    ["paused", ofServices("paused")],
    ["deploying", ofServices("created", "deploying", "canary")],
    ["incomplete", missing > 0 ? [`${missing} of its members ${missing === 1 ? "was" : "were"} removed`] : []],
    ["degraded", short],
  ];
  const worst = found.find(([, sentences]) => sentences.length > 0);
  if (worst) return { code: worst[0], message: inOneLine(worst[1]) };
  if (memberLists.slice(0, 3).every((list) => members[list].length === 0))
    return { code: "empty", message: "it has no services, jobs or schedules" };
  return { code: "steady", message: services.length === 0 ? "nothing has failed" : "every service serves" };
}

/** Schedules, configs and secrets that were removed by other means. A job may be over, and a volume is made again when a task mounts it. */
function goneOf(state: ClusterState, { schedules, configs, secrets }: App["members"]): number {
  const gone = [
    ...schedules.filter((id) => !state.tables.schedule.has(id)),
    ...configs.filter((name) => state.versionsOf("config", name).length === 0),
    ...secrets.filter((name) => state.versionsOf("secret", name).length === 0),
  ];
  return gone.length;
}

function inReplicas({ name, ready, wanted }: ShownService): string {
  return `${name}: ${ready} of ${wanted} replicas are ready`;
}

/** Sentences that are shown of one app. */
const shownSentences = 3;

function inOneLine(sentences: readonly string[]): string {
  const more = sentences.length - shownSentences;
  return `${sentences.slice(0, shownSentences).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
