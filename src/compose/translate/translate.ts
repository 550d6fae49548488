// A resolved document to the input of an app. What cannot be translated becomes a finding with its place. Pure.

import { type AppBody, appName } from "../../model/app/app-input.ts";
import { limits } from "../../model/limits.ts";
import type { Finding } from "../findings.ts";
import type { ComposeDocument } from "../read-compose.ts";
import type { Path } from "../tree/tree.ts";
import { checkContent, checkJob, checkName, checkSchedule, checkService, checkVolume } from "./check.ts";
import { addContainer } from "./container.ts";
import { addReferences, contentsOf } from "./contents.ts";
import { Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import { addExtension, jobKeys, scheduleKeys, serviceKeys, volumeKeys } from "./extension.ts";
import { honouredPart } from "./honoured.ts";
import { addDependencies, addHealth, addRestart } from "./life.ts";
import { addMounts, hasDriver, volumeName } from "./mounts.ts";
import { addNetwork, addPorts } from "./network.ts";
import { addPlacement, addReplicas, addRollout, addRuns } from "./placement.ts";
import { addResources } from "./resources.ts";
import type { Source } from "./source.ts";

export interface Translation {
  input: AppBody;
  /** Empty of errors: the master will not refuse the input for a value in it. */
  findings: readonly Finding[];
}

export function translate(document: ComposeDocument, { app }: { app: string }): Translation {
  const context = new Context(document, honouredPart(document.value), app);
  checkName(appName, app, ["name"], context.problems);
  checkExtensions(document.value, [], context);
  const input: Lists = { services: [], jobs: [], schedules: [], volumes: [], configs: [], secrets: [] };
  for (const [name, service] of context.root.at("services").entries()) addService(input, name, service, context);
  for (const [, volume] of context.root.at("volumes").entries()) addVolume(input, volume, context);
  for (const kind of ["configs", "secrets"] as const)
    for (const [draft, content] of contentsOf(kind, context)) {
      checkContent(draft, content, context.problems);
      input[kind].push(draft.fields);
    }
  checkNumbers(input, context);
  const kept = Object.fromEntries(Object.entries(input).filter(([, list]) => list.length > 0)) as AppBody;
  return { input: kept, findings: context.problems.findings.list };
}

type Members = "services" | "jobs" | "schedules" | "volumes" | "configs" | "secrets";

type Lists = Record<Members, unknown[]>;

function addService(input: Lists, name: string, service: Source, context: Context): void {
  const { problems } = context;
  const draft = context.draft();
  const extension = service.at("x-podling");
  draft.set("name", context.member(name), service);
  addContainer(draft, service, problems);
  addResources(draft, service);
  addNetwork(draft, service);
  addRestart(draft, service, problems);
  addHealth(draft, service.at("healthcheck"), problems);
  addMounts(draft, service, context);
  addReferences(draft, service, context);
  addPlacement(draft, service, problems);
  addDependencies(draft, service, context);
  if (service.at("deploy", "mode").text === "replicated-job") {
    addPorts(draft, service, "job", problems);
    if (!extension.at("completions").isGiven && !extension.at("parallelism").isGiven) addRuns(draft, service);
    const isScheduled = extension.at("cron").isGiven;
    addExtension(draft, extension, isScheduled ? scheduleKeys : jobKeys, context);
    (isScheduled ? checkSchedule : checkJob)(draft, service, problems);
    input[isScheduled ? "schedules" : "jobs"].push(draft.fields);
    return;
  }
  addPorts(draft, service, "service", problems);
  addReplicas(draft, service);
  addRollout(draft, service, problems);
  addExtension(draft, extension, serviceKeys, context);
  checkService(draft, service, problems);
  input.services.push(draft.fields);
}

/** A volume that is there already, or that a driver keeps, gets no record from the app. */
function addVolume(input: Lists, volume: Source, context: Context): void {
  if (volume.at("external").flag === true || hasDriver(volume)) return;
  const draft: Draft = context.draft();
  draft.set("name", volumeName(String(volume.path.at(-1)), context), volume);
  draft.set("labels", volume.at("labels").record, volume.at("labels"));
  addExtension(draft, volume.at("x-podling"), volumeKeys, context);
  checkVolume(draft, volume, context.problems);
  input.volumes.push(draft.fields);
}

const extensible = /^(services|volumes)\.[^.]+$|^services\.[^.]+\.(configs|secrets|volumes)\.\d+$/;

/** Reports x-podling where it has no meaning. */
function checkExtensions(value: unknown, path: Path, context: Context): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === "x-podling" && !extensible.test(path.map((step) => String(step).replaceAll(".", "_")).join("."))) {
      const next =
        "It is for services, for volumes of the file, and for items of volumes, configs and secrets of a service.";
      context.problems.error(at, "x-podling has no meaning here", next);
    } else if (!key.startsWith("x-")) checkExtensions(below, at, context);
  }
}

/** The members are checked one by one; only their number shows in the whole. */
function checkNumbers(input: Lists, { problems }: Context): void {
  for (const [kind, list] of Object.entries(input)) {
    if (list.length <= limits.appMembers) continue;
    const section = kind === "jobs" || kind === "schedules" ? "services" : kind;
    const why = `there are ${list.length} ${kind}, and an app has at most ${limits.appMembers}`;
    problems.error([section], why, "Split the file into several apps.");
  }
}
