// The record kinds of apps and of their revisions.

import type { Kind, Shared, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { type App, type AppRevision, type AppRevisionId, appRevisionId } from "./app.ts";
import type { AppUse, AppView } from "./view.ts";

export type AppUpdate = Partial<Omit<App, "name" | "createdAt">>;

export const appKind: Kind<
  string,
  App,
  App,
  AppUpdate,
  "apps",
  StreamForm<App, AppView, "name", never, keyof AppUse>
> = {
  plural: "apps",
  position: 11,
  idOf: ({ name }) => name,
  pack: (app) => app,
  unpack: (packed) => packed,
  update: (app, set) => ({ ...app, ...set }),
  view: (app) => app,
  // Its services are counted as live themselves.
  summary: ({ name, revision }) => ({ name, status: `revision ${revision}`, live: false }),
  stream: { removedFields: ["name"], masterFields: ["by", "updatedAt", "reason", "services", "jobs"] },
  loadSchema: async () => (await import("./schema.ts")).app,
  loadViewSchema: async () => (await import("./view-schema.ts")).appView,
  migrations: [],
  limit: limits.apps,
  retention: "until it is removed",
};

export const appRevisionKind: Kind<
  AppRevisionId,
  AppRevision,
  AppRevision,
  Record<string, never>,
  "appRevisions",
  null
> = {
  plural: "appRevisions",
  position: 12,
  idOf: ({ app, number }) => appRevisionId(app, number),
  pack: (revision) => revision,
  unpack: withShared,
  update: (revision) => revision,
  view: (revision) => revision,
  summary: ({ app, number }) => ({ name: appRevisionId(app, number), status: "", live: false }),
  stream: null,
  loadSchema: async () => (await import("./schema.ts")).appRevision,
  migrations: [],
  limit: limits.apps * limits.revisionsKept,
  retention: `the newest ${limits.revisionsKept} of an app`,
};

/** Most members are the same in revision after revision: they share one copy. */
function withShared(revision: AppRevision, shared: Shared): AppRevision {
  const all = <T extends object>(members: readonly T[]) => members.map((one) => shared.value(one, () => one));
  const { services, jobs, schedules } = revision;
  return { ...revision, services: all(services), jobs: all(jobs), schedules: all(schedules) };
}
