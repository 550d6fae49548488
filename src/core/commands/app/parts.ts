// What the parts of a command on an app have in common: each is a decision about one member, as a command of its own would be
// decided, and notes what became of the member.

import { compareTexts } from "../../../lib/compare-texts.ts";
import { ok } from "../../../lib/result.ts";
import { type MemberChange, memberLists } from "../../../model/app/app.ts";
import { listOfKind, type Member, type MemberKind, ofMember } from "../../../model/app/member.ts";
import type { Change } from "../../../model/change.ts";
import type { Outcome } from "../../../model/refusal.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Command, Decision, DecisionContext, Granted } from "../command.ts";
import { refuseBeyondLimit, refuseMoreReplicas } from "../record-limits.ts";

export type PutApp = Extract<Command, { type: "putApp" }>;

/** Gives changes, which are applied before the next part, and at the end whether the part is granted. */
export type Part<T = null> = Generator<readonly Change[], Outcome<T>, void>;

export class AppRun {
  readonly state: ClusterState;
  readonly context: DecisionContext;
  readonly #changes: MemberChange[] = [];

  constructor(state: ClusterState, context: DecisionContext) {
    this.state = state;
    this.context = context;
  }

  /** By kind and name. */
  get changes(): MemberChange[] {
    const order = (kind: MemberKind) => memberLists.indexOf(listOfKind[kind]);
    return this.#changes.sort((a, b) => order(a.kind) - order(b.kind) || compareTexts(a.name, b.name));
  }

  note(member: Member, id: string, change: MemberChange["change"]): null {
    this.#changes.push({ ...member, id, change });
    return null;
  }

  /** Makes the member what the decision says. `existed`: it was there before. */
  *put(member: Member, existed: boolean, decision: Outcome<Decision>): Part {
    const made = yield* decided(this.state, member, decision);
    if (!made.ok) return made;
    const { changes, granted } = made.value;
    return ok(this.note(member, idOf(granted), !existed ? "created" : changes.length > 0 ? "updated" : "unchanged"));
  }

  *remove(member: Member, id: string, decision: Outcome<Decision>): Part {
    const removed = yield* decided(this.state, member, decision);
    return removed.ok ? ok(this.note(member, id, "removed")) : removed;
  }
}

/** The granted decision, after its changes. A refusal names the member. */
export function* decided(state: ClusterState, member: Member, decision: Outcome<Decision>): Part<Decision> {
  if (!decision.ok) return ofMember(member, decision);
  const { changes } = decision.value;
  const refusal = refuseBeyondLimit(state, changes) ?? refuseMoreReplicas(state, changes);
  if (refusal?.ok === false) return ofMember(member, refusal);
  if (changes.length > 0) yield changes;
  return decision;
}

/** Runs the parts one after the other, until one is refused. */
export function* inOrder<T>(items: readonly T[], part: (item: T) => Part): Part {
  for (const item of items) {
    const outcome = yield* part(item);
    if (!outcome.ok) return outcome;
  }
  return ok(null);
}

function idOf({ serviceId, jobId, scheduleId, volume, contentId }: Granted): string {
  return (serviceId ?? jobId ?? scheduleId ?? volume ?? contentId)!;
}
