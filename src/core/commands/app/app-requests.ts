// The commands on an app that is there: back to an earlier revision, and removal.

import { ok } from "../../../lib/result.ts";
import { type App, appRevisionId } from "../../../model/app/app.ts";
import type { Change } from "../../../model/change.ts";
import { limits } from "../../../model/limits.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import { findApp } from "../../state/lookup.ts";
import type { Parts } from "../../transaction.ts";
import type { Command, DecisionContext } from "../command.ts";
import { decideContent } from "../contents.ts";
import { contentsOfApp } from "./members.ts";
import { AppRun, inOrder, type Part } from "./parts.ts";
import { putApp, removeMembers } from "./put-app.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** The numbers of the revisions that are kept, the oldest first. */
export function revisionsOfApp(state: ClusterState, { name, revision }: App): number[] {
  const all = Array.from({ length: limits.revisionsKept }, (_, index) => revision - index).reverse();
  return all.filter((number) => state.tables.appRevision.has(appRevisionId(name, number)));
}

/** Applies what an earlier revision says, as another revision: who went back, and when, is part of the history. */
export function* rollbackApp(
  state: ClusterState,
  { name, to = null, by, expectedRevision }: CommandOf<"rollbackApp">,
  context: DecisionContext,
): Parts {
  const found = findApp(state, name);
  if (!found.ok) return found;
  const number = to ?? found.value.revision - 1;
  const revision = state.tables.appRevision.get(appRevisionId(name, number));
  if (revision === undefined) return noRevision(state, found.value, to);
  const { images } = revision;
  const note = `back to revision ${number}`;
  return yield* putApp(
    state,
    {
      type: "putApp",
      name,
      input: revision,
      by,
      note,
      images,
      ...(expectedRevision === undefined ? {} : { expectedRevision }),
    },
    context,
  );
}

function noRevision(state: ClusterState, app: App, to: number | null): Outcome<never> {
  const { name } = app;
  const message = to === null ? `the app ${name} has no earlier revision` : `the app ${name} has no revision ${to}`;
  const kept = revisionsOfApp(state, app);
  return refuse("unprocessable", message, {
    hint: `Its revisions: podling app history ${name}`,
    details: { field: "to", revisions: kept },
  });
}

/** Removes the app with all of its members but the volumes: those are data. */
export function* removeApp(state: ClusterState, { name }: CommandOf<"removeApp">, context: DecisionContext): Parts {
  const found = findApp(state, name);
  if (!found.ok) return found;
  const app = found.value;
  const run = new AppRun(state, context);
  const done = yield* removeAll(run, app);
  if (!done.ok) return done;
  const revisions = revisionsOfApp(state, app);
  yield [
    ...revisions.map((number): Change => ({ type: "appRevision.removed", id: appRevisionId(name, number) })),
    { type: "app.removed", id: name },
  ];
  return ok({ app: { name, members: run.changes } });
}

function* removeAll(run: AppRun, { members }: App): Part {
  const { state, context } = run;
  const removed = yield* removeMembers(run, members, { schedules: [], jobs: [], services: [] });
  if (!removed.ok) return removed;
  for (const name of members.volumes)
    if (state.tables.volume.has(name)) run.note({ kind: "volume", name }, name, "kept");
  const contents = (["config", "secret"] as const).flatMap((kind) =>
    contentsOfApp(state, kind, members).map((name) => ({ kind, name })),
  );
  return yield* inOrder(contents, (member) =>
    run.remove(member, member.name, decideContent(state, { type: "removeContent", ...member }, context)),
  );
}
