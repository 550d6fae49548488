// A member of an app: where an app names it, and refusals that name it.

import type { Refusal } from "../refusal.ts";
import type { MemberChange, MemberList } from "./app.ts";

export type MemberKind = MemberChange["kind"];

export interface Member {
  readonly kind: MemberKind;
  readonly name: string;
}

/** The list of an app that has the members of each kind. */
export const listOfKind: Readonly<Record<MemberKind, MemberList>> = {
  service: "services",
  job: "jobs",
  schedule: "schedules",
  volume: "volumes",
  config: "configs",
  secret: "secrets",
};

/** The refusal with the member before its sentence: "services shop_web: ...". */
export function ofMember(
  { kind, name }: Member,
  { refusal }: { ok: false; refusal: Refusal },
): { ok: false; refusal: Refusal } {
  const { message, details, ...rest } = refusal;
  const named = { ...rest, message: `${listOfKind[kind]} ${name}: ${message}` };
  return { ok: false, refusal: { ...named, details: { ...details, member: { kind, name } } } };
}
