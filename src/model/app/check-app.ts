// Checks of the input for an app that a schema of one field cannot make, and the defaults of what it leaves out: an app says all of
// what its members are, so that a field which is taken out of a file gets its default again.

import { ok } from "../../lib/result.ts";
import { checkJobInput } from "../job/check-job.ts";
import { jobDefaults } from "../job/job.ts";
import type { ParsedJobInput } from "../job/job-input.ts";
import { type Outcome, refuse } from "../refusal.ts";
import { timingDefaults } from "../schedule/schedule.ts";
import type { ParsedScheduleInput } from "../schedule/schedule-input.ts";
import { checkServiceInput } from "../service/check-service.ts";
import { defaultPolicy } from "../service/service.ts";
import type { ParsedServiceInput } from "../service/service-input.ts";
import { namespaceLabel, withFieldsAsLabels } from "../task/pod-input.ts";
import type { ParsedTaskInput } from "../task/task-input.ts";
import { memberName, type ParsedAppInput } from "./app-input.ts";
import { type MemberKind, ofMember } from "./member.ts";

/** The number of replicas may be left out: then it stays as it is, so that a service which was scaled keeps its replicas. */
export function checkApp(app: string, input: ParsedAppInput): Outcome<ParsedAppInput> {
  const services = each("service", app, input.services, (one) => checkedService(app, one));
  if (!services.ok) return services;
  const jobs = each("job", app, input.jobs, (one) => checkedJob(app, { ...defaultsOfJob, ...given(one) }));
  if (!jobs.ok) return jobs;
  const withDefaults = (one: ParsedScheduleInput) => ({ ...defaultsOfJob, ...defaultsOfSchedule, ...given(one) });
  const schedules = each("schedule", app, input.schedules, (one) => checkedJob(app, withDefaults(one)));
  if (!schedules.ok) return schedules;
  return ok({ ...input, services: services.value, jobs: jobs.value, schedules: schedules.value });
}

const defaultsOfJob = {
  ...{ completions: jobDefaults.completions, parallelism: jobDefaults.parallelism, indexed: jobDefaults.indexed },
  ...{ backoffLimit: jobDefaults.backoffLimit, activeDeadline: jobDefaults.deadlineMs },
  ...{ ttlAfterFinished: jobDefaults.ttlMs, dependsOn: [] },
};

const defaultsOfSchedule = {
  ...{ timezone: timingDefaults.timezone, concurrency: timingDefaults.concurrency },
  startDeadline: timingDefaults.startDeadlineMs,
  ...{ keepSucceeded: timingDefaults.keep.succeeded, keepFailed: timingDefaults.keep.failed },
};

function checkedService(app: string, { namespace = app, ...service }: ParsedServiceInput): Outcome<ParsedServiceInput> {
  if (namespace !== app)
    return refuse("unprocessable", `namespace: it is ${namespace}, and the app is ${app}`, {
      hint: "Leave the namespace out: the members of an app have its name.",
      details: { field: "namespace" },
    });
  const rollout = { ...defaultPolicy, ...given(service.rollout ?? {}) };
  const { dependsOn = [] } = service;
  return checkServiceInput({ ...service, dependsOn, namespace, mode: service.mode ?? "replicated", rollout });
}

/** The namespace is kept as the label of services is. */
function checkedJob<Input extends ParsedTaskInput & Partial<ParsedJobInput>>(
  app: string,
  input: Input,
): Outcome<Input> {
  const labels = withFieldsAsLabels(input.labels, { namespace: { label: namespaceLabel, value: app } });
  return labels.ok ? checkJobInput({ ...input, ...labels.value }) : labels;
}

/** Without the fields that are undefined, which would hide a default. */
function given<T extends object>(input: T): T {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as T;
}

/** The checked members, or the first refusal, with the place of the member in the request. */
function each<T extends { name: string }>(
  kind: MemberKind,
  app: string,
  members: readonly T[],
  check: (member: T) => Outcome<T>,
): Outcome<T[]> {
  const checked: T[] = [];
  for (const [index, member] of members.entries()) {
    const { name } = member;
    const outcome = refuseName(app, name) ?? check(member);
    if (!outcome.ok) return ofMember({ kind, name }, withPlace(`${kind}s[${index}]`, outcome));
    checked.push(outcome.value);
  }
  return ok(checked);
}

function withPlace(place: string, outcome: Extract<Outcome<never>, { ok: false }>) {
  const { details = {} } = outcome.refusal;
  const field = typeof details.field === "string" ? `${place}.${details.field}` : place;
  return { ok: false as const, refusal: { ...outcome.refusal, details: { ...details, field } } };
}

function refuseName(app: string, name: string): Extract<Outcome<never>, { ok: false }> | null {
  if (name.startsWith(memberName(app, "")) && name.length > memberName(app, "").length) return null;
  return refuse("unprocessable", `the names of the members of ${app} begin with ${memberName(app, "")}`, {
    hint: `Write ${memberName(app, name)}.`,
    details: { field: "name" },
  });
}
