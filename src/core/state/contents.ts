// Which versions of configs a template gets, and what uses a version. Pure reads of the state.

import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import type { ContentKind } from "../../model/config/config.ts";
import { hasEnded } from "../../model/job/job.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { revisionId } from "../../model/service/service.ts";
import {
  type ContentField,
  contentFields,
  contentsOf,
  fieldOfKind,
  hasContents,
  isSignalled,
  type UsedContent,
  versionOf,
} from "../../model/task/content-fields.ts";
import type { ContentReference } from "../../model/task/content-reference.ts";
import type { PackedContainer, PackedSpec, TaskSpec } from "../../model/task/spec.ts";
import { hasFinished } from "../../model/task/task.ts";
import type { ClusterState } from "./cluster-state.ts";

const kindOfField: Readonly<Record<ContentField, ContentKind>> = {
  configs: "config",
  secrets: "secret",
};

type Mapped = (kind: ContentKind, reference: ContentReference) => ContentReference;

/** The template with each reference replaced; the same object if it has none. */
export function withReferences(spec: PackedSpec, map: Mapped): PackedSpec {
  const { containers, init } = spec;
  if (!containers.some(hasContents) && !init?.some(hasContents)) return spec;
  const mapped = (container: PackedContainer): PackedContainer => {
    const changed: { [Field in ContentField]?: ContentReference[] } = {};
    for (const field of contentFields) {
      const references = container[field];
      if (references) changed[field] = references.map((one) => map(kindOfField[field], one));
    }
    return { ...container, ...changed };
  };
  return { ...spec, containers: containers.map(mapped), ...(init ? { init: init.map(mapped) } : {}) };
}

/**
 * The template with the newest version of every content that does not name one. Refused if a content is not there. A task of its
 * own names no version of a content that it follows: it has the newest at once. A service has it in its next revision.
 */
export function resolveContents(state: ClusterState, spec: PackedSpec, user: "task" | "service"): Outcome<PackedSpec> {
  let missing: Outcome<never> | null = null;
  const resolved = withReferences(spec, (kind, reference) => {
    const { resolved: _, ...asked } = reference;
    const versions = state.versionsOf(kind, asked.name);
    const newest = versions.at(-1);
    if (newest === undefined || (asked.version !== undefined && !versions.includes(asked.version)))
      missing ??= noContent(kind, asked.name, asked.version, versions);
    if (asked.version !== undefined || (user === "task" && isSignalled(asked))) return asked;
    return { ...asked, resolved: newest ?? 0 };
  });
  return missing ?? ok(resolved);
}

/** With the versions that `before` has of contents whose new versions alone are no reason for another revision. */
export function withKeptVersions(spec: PackedSpec, { containers, init }: TaskSpec): PackedSpec {
  const before = [...init, ...containers].flatMap((container) => [...contentsOf(container)]);
  return withReferences(spec, (kind, reference) => {
    if (reference.onChange !== "none" || reference.version !== undefined) return reference;
    const { resolved: _, ...asked } = reference;
    const isSame = (used: UsedContent) => {
      const { resolved: __, ...of } = used.reference;
      return used.kind === kind && same(of, asked);
    };
    return before.find(isSame)?.reference ?? reference;
  });
}

/** Refused if a version that the template has is not kept any more. */
export function checkContents(state: ClusterState, { containers, init }: Pick<TaskSpec, "containers" | "init">) {
  for (const container of [...init, ...containers]) {
    for (const { kind, reference } of contentsOf(container)) {
      const versions = state.versionsOf(kind, reference.name);
      const version = versionOf(reference);
      const isKept = version === null ? versions.length > 0 : versions.includes(version);
      if (!isKept) return noContent(kind, reference.name, version ?? undefined, versions);
    }
  }
  return null;
}

function noContent(
  kind: ContentKind,
  name: string,
  version: number | undefined,
  versions: readonly number[],
): Outcome<never> {
  const field = fieldOfKind[kind];
  if (versions.length === 0) {
    return refuse("unprocessable", `${field}: there is no ${kind} ${name}`, {
      hint: `Create it with: podling ${kind} create ${name} FILE`,
      details: { field, name },
    });
  }
  return refuse("unprocessable", `${field}: the ${kind} ${name} has no version ${version}`, {
    hint: `Its versions: podling ${kind} history ${name}`,
    details: { field, name, versions },
  });
}

export interface ContentUse {
  /** In words: services by one of their revisions that may run again, schedules, unfinished jobs and tasks. */
  users: ReadonlySet<string>;
  /** The versions that a kept revision of a service or an app, or an unfinished task, has. */
  versions: ReadonlySet<number>;
}

export function useOf(state: ClusterState, kind: ContentKind, name: string): ContentUse {
  const users = new Set<string>();
  const versions = new Set<number>();
  const look = ({ containers, init }: TaskSpec, user: string | null) => {
    for (const container of [...init, ...containers]) {
      if (!hasContents(container)) continue;
      for (const used of contentsOf(container)) {
        if (used.kind !== kind || used.reference.name !== name) continue;
        if (user !== null) users.add(user);
        const version = versionOf(used.reference);
        if (version !== null) versions.add(version);
      }
    }
  };
  for (const service of state.tables.service.values()) {
    const { serviceId, target, stable, rollout } = service;
    const current = new Set([target, stable, rollout?.from, rollout?.to]);
    for (const number of state.revisionsOf(serviceId)) {
      const { spec } = state.record("revision", revisionId(serviceId, number));
      look(spec, current.has(number) ? `the service ${service.name}` : null);
    }
  }
  for (const revision of state.tables.appRevision.values())
    for (const one of revision[fieldOfKind[kind]]) if (one.name === name) versions.add(one.version);
  for (const job of state.tables.job.values()) if (!hasEnded(job)) look(job.spec, `the job ${job.name}`);
  for (const schedule of state.tables.schedule.values()) look(schedule.spec, `the schedule ${schedule.name}`);
  for (const task of state.tasks.values()) {
    // One that is being stopped is not started again.
    if (hasFinished(task) || task.desired === "stopped") continue;
    look(task.spec, `the task ${task.name}`);
  }
  return { users, versions };
}
