// Which records belong to an app, and the refusal of those that do not.

import type { App, AppContent, AppMembers } from "../../../model/app/app.ts";
import { listOfKind, type Member, type MemberKind, ofMember } from "../../../model/app/member.ts";
import type { ContentKind } from "../../../model/config/config.ts";
import type { JobId, ScheduleId, ServiceId } from "../../../model/ids.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import type { ClusterState } from "../../state/cluster-state.ts";

export const noMembers: AppMembers = { services: [], jobs: [], schedules: [], volumes: [], configs: [], secrets: [] };

/** The id under which the members of an app name the record of this kind and name; null if there is no such record. */
function recordNamed(state: ClusterState, { kind, name }: Member): string | null {
  switch (kind) {
    case "service":
      return state.serviceNamed(name)?.serviceId ?? null;
    case "job":
      return state.jobNamed(name)?.jobId ?? null;
    case "schedule":
      return state.scheduleNamed(name)?.scheduleId ?? null;
    case "volume":
      return state.tables.volume.has(name) ? name : null;
    default:
      return state.versionsOf(kind, name).length > 0 ? name : null;
  }
}

/** The members that the content names, in the order of kinds and as in the request. */
export function membersOf(content: AppContent): Member[] {
  return (Object.keys(listOfKind) as MemberKind[]).flatMap((kind) =>
    content[listOfKind[kind]].map(({ name }): Member => ({ kind, name })),
  );
}

/** The refusal of a record that is there already and is not of the app; null if there is none. */
export function refuseForeign(state: ClusterState, app: string, content: AppContent): Outcome<never> | null {
  const { members } = state.tables.app.get(app) ?? { members: noMembers };
  for (const member of membersOf(content)) {
    const id = recordNamed(state, member);
    const list = listOfKind[member.kind];
    if (id === null || members[list].includes(id)) continue;
    const other = ownerOf(state, member.kind, id);
    // A volume outlives its app, and tasks make volumes that they mount.
    if (other === undefined && member.kind === "volume") continue;
    return foreign(app, member, other);
  }
  return null;
}

function ownerOf(state: ClusterState, kind: MemberKind, id: string): App | undefined {
  return [...state.tables.app.values()].find(({ members }) => members[listOfKind[kind]].includes(id));
}

function foreign(app: string, member: Member, other: App | undefined): Outcome<never> {
  const { kind, name } = member;
  const whose =
    other === undefined ? `that is not part of the app ${app}` : `that belongs to the app ${other.name}, not to ${app}`;
  const remedy =
    other === undefined
      ? `Remove it (podling ${kind === "schedule" ? "job" : kind} rm ${name}), or give the app another name.`
      : `Give the app or the ${kind} another name.`;
  const refusal = refuse("name-taken", `there is a ${kind} ${name} ${whose}`, { hint: remedy });
  return ofMember(member, refusal);
}

/** A member that the content names twice; null if there is none. */
export function refuseTwice(content: AppContent): Outcome<never> | null {
  const seen = new Set<string>();
  for (const member of membersOf(content)) {
    // A job and a schedule cannot have the same name either: their decisions say so.
    const key = `${member.kind} ${member.name}`;
    if (seen.has(key)) {
      const hint = "Give each its own name.";
      return ofMember(member, refuse("unprocessable", "it is there twice", { hint, details: { field: "name" } }));
    }
    seen.add(key);
  }
  return null;
}

/** The services of the app that are still there. */
export function servicesOf(state: ClusterState, { services }: AppMembers) {
  return present(services.map((id) => state.tables.service.get(id as ServiceId)));
}

export function jobsOf(state: ClusterState, { jobs }: AppMembers) {
  return present(jobs.map((id) => state.tables.job.get(id as JobId)));
}

export function schedulesOf(state: ClusterState, { schedules }: AppMembers) {
  return present(schedules.map((id) => state.tables.schedule.get(id as ScheduleId)));
}

/** The names of configs or secrets of the app that are still there. */
export function contentsOfApp(state: ClusterState, kind: ContentKind, members: AppMembers): string[] {
  return members[listOfKind[kind] as "configs" | "secrets"].filter((name) => state.versionsOf(kind, name).length > 0);
}

function present<T extends { readonly name: string }>(records: readonly (T | undefined)[]): T[] {
  return records.filter((one) => one !== undefined).sort((left, right) => (left.name < right.name ? -1 : 1));
}
