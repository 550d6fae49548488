// An app as it leaves the master: the record, with how its services and jobs are.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { App } from "./app.ts";
import type * as schema from "./view-schema.ts";

/** What the master adds to the record. */
export type AppUse = DeepReadonly<z.output<typeof schema.appUse>>;
export type AppReason = AppUse["reason"];

export type AppView = App & AppUse;
export type AppApplied = DeepReadonly<z.output<typeof schema.appApplied>>;
export type AppRemoval = DeepReadonly<z.output<typeof schema.appRemoval>>;
