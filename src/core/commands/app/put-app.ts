// Applies an app: makes each of its members what the input says, and removes those that the input no longer names. The same input
// again changes nothing.

import { toTimestamp } from "../../../lib/clock.ts";
import { ok } from "../../../lib/result.ts";
import { type App, type AppContent, type AppMembers, appRevisionId } from "../../../model/app/app.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import type { ParsedScheduleInput } from "../../../model/schedule/schedule-input.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Parts } from "../../transaction.ts";
import type { DecisionContext } from "../command.ts";
import type { Dependencies } from "../dependencies.ts";
import { decideRemoveJob } from "../jobs.ts";
import { refuseBeyondLimit } from "../record-limits.ts";
import { decidePutSchedule, decideRemoveSchedule } from "../schedules.ts";
import { decideRemoveService } from "../service-requests.ts";
import { decidePutService } from "../services.ts";
import { nextRevision, recordChanges, revisionWith } from "./app-revisions.ts";
import { putContent, removeContents } from "./contents.ts";
import { putJob } from "./jobs.ts";
import { jobsOf, noMembers, refuseForeign, refuseTwice, schedulesOf, servicesOf } from "./members.ts";
import { AppRun, inOrder, type Part, type PutApp } from "./parts.ts";
import { putVolume } from "./volumes.ts";

export function* putApp(state: ClusterState, command: PutApp, context: DecisionContext): Parts {
  const { name, input } = command;
  const app = state.tables.app.get(name) ?? null;
  const refusal = refuseLate(state, command, app) ?? refuseTwice(input) ?? refuseForeign(state, name, input);
  if (refusal) return refusal;
  const run = new AppRun(state, context);
  const done = yield* putMembers(run, command, app);
  if (!done.ok) return done;
  const revision = revisionWith(state, command, run.changes, context.now);
  const changes = recordChanges(state, app, revision, run.changes, toTimestamp(context.now));
  const beyond = refuseBeyondLimit(state, changes);
  if (beyond) return beyond;
  if (changes.length > 0) yield changes;
  return ok({ app: { name, members: run.changes } });
}

/**
 * Members that are gone come first: a job may take the name of a schedule. Configs come before what uses them, so that a service
 * whose template changed, too, gets one revision; those that are gone come last, when nothing uses them any more.
 */
function* putMembers(run: AppRun, command: PutApp, app: App | null): Part {
  const { input } = command;
  const before = app?.members ?? noMembers;
  const names = input.services.map(({ name }) => name);
  const kinds = ["config", "secret"] as const;
  const contents = kinds.flatMap((kind) => input[`${kind}s`].map((content) => ({ kind, content })));
  const earlier = earlierJobs(run.state, app);
  const others = dependents(input);
  const parts = [
    () => removeMembers(run, before, input),
    () => inOrder(input.volumes, (volume) => putVolume(run, volume)),
    () => inOrder(contents, ({ kind, content }) => putContent(run, kind, content, command.by, names)),
    () => inOrder(input.services, (service) => putService(run, command, service, others)),
    () => inOrder(input.jobs, (job) => putJob(run, job, earlier, command.by, others)),
    () => inOrder(input.schedules, (schedule) => putSchedule(run, command, schedule, others)),
    () => inOrder(kinds, (kind) => removeContents(run, kind, before, input)),
  ];
  const done = yield* inOrder(parts, (part) => part());
  if (done.ok) noteVolumes(run, before, input);
  return done;
}

/** The jobs as they were asked for before. */
function earlierJobs(state: ClusterState, app: App | null) {
  return app === null ? [] : state.record("appRevision", appRevisionId(app.name, app.revision)).jobs;
}

/** Schedules, jobs and services that the input does not name. */
export function* removeMembers(
  run: AppRun,
  before: AppMembers,
  input: Pick<AppContent, "schedules" | "jobs" | "services">,
): Part {
  const { state } = run;
  const isGone = (list: readonly { name: string }[]) => {
    const names = new Set(list.map(({ name }) => name));
    return ({ name }: { name: string }) => !names.has(name);
  };
  const schedules = yield* inOrder(schedulesOf(state, before).filter(isGone(input.schedules)), ({ name, scheduleId }) =>
    run.remove(
      { kind: "schedule", name },
      scheduleId,
      decideRemoveSchedule(state, { type: "removeSchedule", scheduleId }),
    ),
  );
  if (!schedules.ok) return schedules;
  const jobs = yield* inOrder(jobsOf(state, before).filter(isGone(input.jobs)), ({ name, jobId }) =>
    run.remove({ kind: "job", name }, jobId, decideRemoveJob(state, { type: "removeJob", jobId })),
  );
  if (!jobs.ok) return jobs;
  return yield* inOrder(servicesOf(state, before).filter(isGone(input.services)), ({ name, serviceId }) =>
    run.remove({ kind: "service", name }, serviceId, decideRemoveService(state, { type: "removeService", serviceId })),
  );
}

function putService(run: AppRun, command: PutApp, input: ParsedServiceInput, others: Others): Part {
  const { state, context } = run;
  const { name: app, by, images = {} } = command;
  const { name } = input;
  const note = command.note || `app ${app}, revision ${nextRevision(state, app)}`;
  const put = { type: "putService", input, by, note, images: images[name] ?? [], others } as const;
  const existed = state.serviceNamed(name) !== undefined;
  return run.put({ kind: "service", name }, existed, decidePutService(state, put, context));
}

function putSchedule(run: AppRun, command: PutApp, input: ParsedScheduleInput, others: Others): Part {
  const { state, context } = run;
  const { name } = input;
  const existed = state.scheduleNamed(name) !== undefined;
  const decision = decidePutSchedule(state, { type: "putSchedule", input, by: command.by, others }, context);
  return run.put({ kind: "schedule", name }, existed, decision);
}

type Others = ReadonlyMap<string, Dependencies>;

/** Everything that may depend on others, by name, as it will be. */
function dependents({ services, jobs }: AppContent): Others {
  return new Map([...jobs, ...services].map((one) => [one.name, one]));
}

/** Volumes that the app had and no longer names stay members, so that they can be removed with it. */
function noteVolumes(run: AppRun, earlier: AppMembers, { volumes }: AppContent): void {
  const names = new Set(volumes.map(({ name }) => name));
  for (const name of earlier.volumes)
    if (!names.has(name) && run.state.tables.volume.has(name)) run.note({ kind: "volume", name }, name, "kept");
}

/** Refuses an apply of a client that has not seen the newest revision. */
function refuseLate(state: ClusterState, { name, expectedRevision }: PutApp, app: App | null): Outcome<never> | null {
  const revision = app?.revision ?? 0;
  if (expectedRevision === undefined || expectedRevision === revision) return null;
  const details = { name, revision, expectedRevision };
  if (app === null)
    return refuse("conflict", `there is no app ${name} any more`, {
      hint: `To create it, apply without a revision, or with 0.`,
      details,
    });
  const { by, at } = state.record("appRevision", appRevisionId(name, revision));
  const seen = expectedRevision === 0 ? "this request is for a new app" : `this request is for ${expectedRevision}`;
  const message = `${by} applied revision ${revision} of the app ${name} at ${at}, and ${seen}`;
  return refuse("conflict", message, {
    hint: `See what changed (podling app history ${name}), and apply again.`,
    details: { ...details, by, at },
  });
}
