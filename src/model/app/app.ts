// An app: services, jobs, schedules, volumes, configs and secrets that are applied and removed together. Its record names them; what
// they are is in their own records, and what was asked for in the app's revisions.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { Sealed } from "../../lib/sealed.ts";
import type { Encoding } from "../config/config.ts";
import type { ParsedJobInput } from "../job/job-input.ts";
import type { ParsedScheduleInput } from "../schedule/schedule-input.ts";
import type { ResolvedImage } from "../service/pinned.ts";
import type { ParsedServiceInput } from "../service/service-input.ts";
import type { ParsedAppInput } from "./app-input.ts";
import type * as schema from "./schema.ts";

export type App = DeepReadonly<z.output<typeof schema.app>>;
export type AppMembers = App["members"];

/** The lists of an app, in the order in which a page shows them. */
export const memberLists = ["services", "jobs", "schedules", "volumes", "configs", "secrets"] as const;
export type MemberList = (typeof memberLists)[number];

/** `shop.3`: the app, and the number of its revision. */
export type AppRevisionId = string & { readonly kind: "appRevision" };

export function appRevisionId(app: string, number: number): AppRevisionId {
  return `${app}.${number}` as AppRevisionId;
}

/** A volume of an app. `node`: the id of the node that has its data already. */
export type AppVolume = Readonly<ParsedAppInput["volumes"][number]>;

/** A version of a config or a secret. */
export interface ContentVersion {
  readonly name: string;
  readonly version: number;
}

/** What an app consists of, but for the contents of its configs and secrets. */
interface AppParts {
  readonly services: readonly ParsedServiceInput[];
  readonly jobs: readonly ParsedJobInput[];
  readonly schedules: readonly ParsedScheduleInput[];
  readonly volumes: readonly AppVolume[];
  readonly source?: AppSource;
}
export type AppSource = DeepReadonly<NonNullable<ParsedAppInput["source"]>>;

interface Named {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A content as it is now, or that of an earlier version. */
export type AppConfig = Named & ({ readonly data: string; readonly encoding: Encoding } | { readonly version: number });
export type AppSecret = Named & ({ readonly sealed: Sealed } | { readonly version: number });

/** What an app is to be, checked and with defaults filled in. */
export interface AppContent extends AppParts {
  readonly configs: readonly AppConfig[];
  readonly secrets: readonly AppSecret[];
}

/** What tags of images stand for, by the name of the service. */
export type AppImages = Readonly<Record<string, readonly ResolvedImage[]>>;

/** What an app was to be at one time. It never changes, and has no content of a config or secret. */
export interface AppRevision extends AppParts {
  readonly app: string;
  readonly number: number;
  /** Who applied it, as declared. */
  readonly by: string;
  readonly at: string;
  readonly note: string;
  readonly configs: readonly ContentVersion[];
  readonly secrets: readonly ContentVersion[];
  readonly images: AppImages;
}

export type MemberChange = z.output<typeof schema.memberChange>;

/** What a command on an app did to one of its members: those that stay as they are, too. */
export interface AppOutcome {
  readonly name: string;
  readonly members: readonly MemberChange[];
}
