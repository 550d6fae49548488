// A service as it leaves the master: the record, with the counts of its replicas and the template that is wanted.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { PackedSpec } from "../task/spec.ts";
import type { PackedRevision, Service } from "./service.ts";
import type * as schema from "./view-schema.ts";

export interface ServiceView extends Service, ServiceUse {}

/** What the master adds to the record. */
export interface ServiceUse extends Omit<DeepReadonly<z.output<typeof schema.serviceUse>>, "template"> {
  readonly template: PackedSpec;
}
export type ReplicaCounts = ServiceView["replicas"];
export type RevisionView = PackedRevision;
