// Finding records by what people type: an id, a unique prefix of one (or of its last part), or a name.

import { ok } from "../../lib/result.ts";
import type { App } from "../../model/app/app.ts";
import { memberName } from "../../model/app/app-input.ts";
import { type ContentKind, configId } from "../../model/config/config.ts";
import type { Job } from "../../model/job/job.ts";
import type { RecordOf } from "../../model/kinds/kinds.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Schedule } from "../../model/schedule/schedule.ts";
import type { Service } from "../../model/service/service.ts";
import { hasFinished, type Task } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import type { ClusterState } from "./cluster-state.ts";

/** The task of exactly this id. */
export function findTask(state: ClusterState, taskId: string): Outcome<Task> {
  const task = state.tasks.get(taskId as Task["taskId"]);
  return task ? ok(task) : noTask(state, taskId);
}

/** The node of exactly this id. */
export function findNode(state: ClusterState, nodeId: string): Outcome<NodeRecord> {
  const node = state.nodes.get(nodeId as NodeRecord["nodeId"]);
  return node ? ok(node) : noNode(nodeId);
}

/** The service of exactly this id. */
export function findService(state: ClusterState, serviceId: string): Outcome<Service> {
  const service = state.tables.service.get(serviceId);
  return service ? ok(service) : noService(state, serviceId);
}

/** The app of exactly this name. */
export function findApp(state: ClusterState, name: string): Outcome<App> {
  const app = state.tables.app.get(name);
  return app ? ok(app) : noApp(name);
}

/** The volume of exactly this name. */
export function findVolume(state: ClusterState, name: string): Outcome<Volume> {
  const volume = state.tables.volume.get(name);
  return volume ? ok(volume) : noVolume(state, name);
}

/** The newest version of a content, by name. */
export function findContent<K extends ContentKind>(state: ClusterState, kind: K, name: string): Outcome<RecordOf<K>> {
  const version = state.versionsOf(kind, name).at(-1);
  return version === undefined ? noContent(state, kind, name) : ok(state.record(kind, configId({ name, version })));
}

/** By id, by name, by unique prefix of the id or of its part after the dash. A name is never shortened. */
export function resolveService(state: ClusterState, reference: string): Outcome<Service> {
  const exact = state.tables.service.get(reference) ?? state.serviceNamed(reference);
  if (exact) return ok(exact);
  const found = [...state.tables.service.values()].filter(
    ({ serviceId }) => serviceId.startsWith(reference) || serviceId.startsWith(reference, serviceId.indexOf("-") + 1),
  );
  if (reference === "" || found.length === 0 || isTooShort(reference, found)) return noService(state, reference);
  if (found.length === 1) return ok(found[0]!);
  return ambiguous("service", reference, found.map(({ serviceId, name }) => `${serviceId} (${name})`).sort());
}

/** The job of exactly this id. */
export function findJob(state: ClusterState, jobId: string): Outcome<Job> {
  const job = state.tables.job.get(jobId);
  return job ? ok(job) : noJob(state, jobId);
}

/** By id, by name, by unique prefix of the id or of its part after the dash. A name is never shortened. */
export function resolveJob(state: ClusterState, reference: string): Outcome<Job> {
  const exact = state.tables.job.get(reference) ?? state.jobNamed(reference);
  if (exact) return ok(exact);
  const all = [...state.tables.job.values()].map((record) => ({ id: record.jobId, record }));
  return resolvePrefix("job", all, reference, () => noJob(state, reference));
}

/** The schedule of exactly this id. */
export function findSchedule(state: ClusterState, scheduleId: string): Outcome<Schedule> {
  const schedule = state.tables.schedule.get(scheduleId);
  return schedule ? ok(schedule) : noSchedule(state, scheduleId);
}

/** As a job. */
export function resolveSchedule(state: ClusterState, reference: string): Outcome<Schedule> {
  const exact = state.tables.schedule.get(reference) ?? state.scheduleNamed(reference);
  if (exact) return ok(exact);
  const all = [...state.tables.schedule.values()].map((record) => ({ id: record.scheduleId, record }));
  return resolvePrefix("schedule", all, reference, () => noSchedule(state, reference));
}

function resolvePrefix<R extends { readonly name: string }>(
  kind: string,
  all: readonly { id: string; record: R }[],
  reference: string,
  missing: () => Outcome<never>,
): Outcome<R> {
  const found = all.filter(({ id }) => id.startsWith(reference) || id.startsWith(reference, id.indexOf("-") + 1));
  if (reference === "" || found.length === 0 || isTooShort(reference, found)) return missing();
  if (found.length === 1) return ok(found[0]!.record);
  return ambiguous(kind, reference, found.map(({ id, record }) => `${id} (${record.name})`).sort());
}

/** Characters that a shortened id needs: a short name of nothing must not hit a record whose id happens to begin so. */
const shortestId = 4;

/** By id, by name (the live one, else the newest), by unique prefix of the id or of its part after the dash. */
export function resolveTask(state: ClusterState, reference: string): Outcome<Task> {
  const exact = state.tasks.get(reference as Task["taskId"]);
  if (exact) return ok(exact);
  const named = [...state.named(reference)].map((taskId) => state.task(taskId)).sort(byId);
  const live = named.filter((task) => !hasFinished(task));
  if (live.length > 1) return ambiguous("task", reference, live.map(taskTitle));
  if (named.length > 0) return ok(live[0] ?? named.at(-1)!);
  if (reference === "") return noTask(state, reference);
  const prefixed = atMostTwo(state.order.withPrefix(reference));
  const found = prefixed.length > 0 ? prefixed : atMostTwo(withSuffix(state, reference));
  if (found.length === 0 || isTooShort(reference, found)) return noTask(state, reference);
  const tasks = found.map((taskId) => state.task(taskId));
  return tasks.length === 1 ? ok(tasks[0]!) : ambiguous("task", reference, tasks.map(taskTitle));
}

/** True for the beginning of one id that is too short to stand for it. Of several ids, the caller lists them. */
function isTooShort(reference: string, found: readonly unknown[]): boolean {
  return found.length === 1 && reference.length < shortestId;
}

function* withSuffix(state: ClusterState, prefix: string): Generator<Task["taskId"]> {
  for (const taskId of state.order.after("")) if (taskId.startsWith(prefix, 15)) yield taskId;
}

function atMostTwo<T>(items: Iterable<T>): T[] {
  const found: T[] = [];
  for (const item of items) if (found.push(item) === 2) break;
  return found;
}

function byId(left: Task, right: Task): number {
  return left.taskId < right.taskId ? -1 : 1;
}

function taskTitle({ name, taskId, observed }: Task): string {
  return `${taskId} (${name}, ${observed.status})`;
}

/** By id, by hostname, by unique prefix of the id or of its part after the dash. A hostname is never shortened: web-1 is not web-10. */
export function resolveNode(state: ClusterState, reference: string): Outcome<NodeRecord> {
  const exact = state.nodes.get(reference as NodeRecord["nodeId"]);
  if (exact) return ok(exact);
  const nodes = [...state.nodes.values()];
  const named = nodes.filter(({ hostname }) => hostname === reference);
  const found =
    named.length > 0 || reference === ""
      ? named
      : nodes.filter(
          ({ nodeId }) => nodeId.startsWith(reference) || nodeId.startsWith(reference, nodeId.indexOf("-") + 1),
        );
  if (found.length === 0 || (named.length === 0 && isTooShort(reference, found))) return noNode(reference);
  if (found.length === 1) return ok(found[0]!);
  return ambiguous("node", reference, found.map(({ nodeId, hostname }) => `${nodeId} (${hostname})`).sort());
}

/** Longest id or name in characters: an error quotes no more of a longer reference. */
const longestReference = 253;

function quoted(reference: string): string {
  const { length } = reference;
  const text = JSON.stringify(reference.slice(0, longestReference).toWellFormed());
  return length > longestReference ? `${text} and ${length - longestReference} characters more` : text;
}

/** For a name as a compose file has it: those of apps have the name of their app in front. Null if no app has it. */
function hintOfMembers(state: ClusterState, reference: string, isThere: (name: string) => boolean): string | null {
  const names = [...state.tables.app.keys()].map((app) => memberName(app, reference)).filter(isThere);
  return names.length === 0 ? null : `Did you mean ${names.sort().slice(0, 3).join(" or ")}?`;
}

function noTask(state: ClusterState, reference: string): Outcome<never> {
  return refuse("task-not-found", `there is no task ${quoted(reference)}`, {
    hint: hintOfMembers(state, reference, (name) => state.named(name).size > 0) ?? "List all tasks with: podling ps -a",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noNode(reference: string): Outcome<never> {
  return refuse("node-not-found", `there is no node ${quoted(reference)}`, {
    hint: "List the nodes with: podling nodes",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noService(state: ClusterState, reference: string): Outcome<never> {
  return refuse("service-not-found", `there is no service ${quoted(reference)}`, {
    hint:
      hintOfMembers(state, reference, (name) => state.serviceNamed(name) !== undefined) ??
      "List the services with: podling service ls",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noJob(state: ClusterState, reference: string): Outcome<never> {
  return refuse("job-not-found", `there is no job ${quoted(reference)}`, {
    hint:
      hintOfMembers(state, reference, (name) => state.jobNamed(name) !== undefined) ??
      "List the jobs with: podling job ls",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noVolume(state: ClusterState, reference: string): Outcome<never> {
  return refuse("volume-not-found", `there is no volume ${quoted(reference)}`, {
    hint:
      hintOfMembers(state, reference, (name) => state.tables.volume.has(name)) ??
      "List the volumes with: podling volume ls",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noApp(reference: string): Outcome<never> {
  return refuse("app-not-found", `there is no app ${quoted(reference)}`, {
    hint: "List the apps with: podling ls",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noContent(state: ClusterState, kind: ContentKind, reference: string): Outcome<never> {
  return refuse(`${kind}-not-found`, `there is no ${kind} ${quoted(reference)}`, {
    hint:
      hintOfMembers(state, reference, (name) => state.versionsOf(kind, name).length > 0) ??
      `List them with: podling ${kind} ls`,
    details: { reference: reference.slice(0, longestReference) },
  });
}

function noSchedule(state: ClusterState, reference: string): Outcome<never> {
  return refuse("schedule-not-found", `there is no schedule ${quoted(reference)}`, {
    hint:
      hintOfMembers(state, reference, (name) => state.scheduleNamed(name) !== undefined) ??
      "List jobs and schedules with: podling job ls",
    details: { reference: reference.slice(0, longestReference) },
  });
}

function ambiguous(kind: string, reference: string, candidates: string[]): Outcome<never> {
  return refuse("ambiguous-id", `${quoted(reference)} could be ${candidates.slice(0, 5).join(" or ")}`, {
    hint: `Write more of the id, until it fits one ${kind}.`,
    details: { reference: reference.slice(0, longestReference), candidates: candidates.slice(0, 5) },
  });
}
