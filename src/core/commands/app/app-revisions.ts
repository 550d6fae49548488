// The record of an app, and its revisions: what was asked for at each time, without the contents of configs and secrets.

import { toTimestamp } from "../../../lib/clock.ts";
import { same } from "../../../lib/same.ts";
import {
  type App,
  type AppImages,
  type AppMembers,
  type AppRevision,
  appRevisionId,
  type ContentVersion,
  type MemberChange,
} from "../../../model/app/app.ts";
import type { MemberKind } from "../../../model/app/member.ts";
import type { Change } from "../../../model/change.ts";
import { limits } from "../../../model/limits.ts";
import { revisionId } from "../../../model/service/service.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { PutApp } from "./parts.ts";

/** The number that another revision of the app would have. */
export function nextRevision(state: ClusterState, app: string): number {
  return (state.tables.app.get(app)?.revision ?? 0) + 1;
}

/** What the app is now, after its members were put. */
export function revisionWith(
  state: ClusterState,
  { name: app, input, by, note = "" }: PutApp,
  changes: readonly MemberChange[],
  now: number,
): AppRevision {
  const { services, jobs, schedules, volumes, source } = input;
  const versions = (kind: MemberKind) =>
    changes.filter((one) => one.kind === kind && one.change !== "removed" && one.change !== "kept").map(versionOf);
  return {
    ...{ app, number: nextRevision(state, app), by, at: toTimestamp(now), note },
    ...(source ? { source } : {}),
    services: byName(services),
    jobs: byName(jobs),
    schedules: byName(schedules),
    volumes: byName(volumes),
    configs: versions("config"),
    secrets: versions("secret"),
    images: imagesOf(state, byName(services)),
  };
}

function byName<T extends { readonly name: string }>(members: readonly T[]): T[] {
  return [...members].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The id of a member that is a content is NAME.VERSION. */
function versionOf({ name, id }: MemberChange): ContentVersion {
  return { name, version: Number(id.slice(name.length + 1)) };
}

function imagesOf(state: ClusterState, services: readonly { readonly name: string }[]): AppImages {
  const images = services.flatMap(({ name }) => {
    const service = state.serviceNamed(name)!;
    const pinned = state.record("revision", revisionId(service.serviceId, service.target)).images;
    return pinned ? [[name, pinned] as const] : [];
  });
  return Object.fromEntries(images);
}

/** The changes that record the revision, if it differs from the one before, and the members. None if both are as they were. */
export function recordChanges(
  state: ClusterState,
  app: App | null,
  revision: AppRevision,
  changes: readonly MemberChange[],
  createdAt: string,
): Change[] {
  const { app: name, number } = revision;
  const members = membersAfter(changes);
  if (app === null)
    return [
      { type: "app.created", record: { name, revision: number, createdAt, members } },
      { type: "appRevision.created", record: revision },
    ];
  const isSame = same(contentOf(state.record("appRevision", appRevisionId(name, app.revision))), contentOf(revision));
  const set = {
    ...(isSame ? {} : { revision: number }),
    ...(same(members, withoutOver(state, app.members)) ? {} : { members }),
  };
  if (Object.keys(set).length === 0) return [];
  const added: Change[] = isSame
    ? []
    : [{ type: "appRevision.created", record: revision }, ...outdated(state, name, number)];
  return [{ type: "app.updated", id: name, set }, ...added];
}

/** What a revision is about. Who applied it, when, and from which files, is no difference. */
function contentOf({ app: _, number: __, by: ___, at: ____, note: _____, source: ______, ...content }: AppRevision) {
  return content;
}

function membersAfter(changes: readonly MemberChange[]): AppMembers {
  const of = (kind: MemberKind) => changes.filter((one) => one.kind === kind && one.change !== "removed");
  const ids = (kind: MemberKind) => of(kind).map(({ id }) => id);
  const names = (kind: MemberKind) => of(kind).map(({ name }) => name);
  return {
    ...{ services: ids("service"), jobs: ids("job"), schedules: ids("schedule") },
    ...{ volumes: names("volume"), configs: names("config"), secrets: names("secret") },
  };
}

/** A job whose time to live is over is not there any more: that alone changes nothing in the record. */
function withoutOver(state: ClusterState, { jobs, ...members }: AppMembers): AppMembers {
  return { ...members, jobs: jobs.filter((id) => state.tables.job.has(id)) };
}

/** Revisions beyond the number that is kept. */
function outdated(state: ClusterState, app: string, newest: number): Change[] {
  const id = appRevisionId(app, newest - limits.revisionsKept);
  return state.tables.appRevision.has(id) ? [{ type: "appRevision.removed", id }] : [];
}
