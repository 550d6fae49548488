// The record kinds of services and of their revisions.

import type { RevisionId, ServiceId } from "../ids.ts";
import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { unpackSpec } from "../task/spec.ts";
import type { PackedRevision, Revision, Service } from "./service.ts";
import { packRevision, revisionId, wantedReplicas } from "./service.ts";
import type { ServiceUse, ServiceView } from "./view.ts";

export type ServiceUpdate = Partial<Omit<Service, "serviceId" | "name" | "createdAt">>;

const masterFields = ["replicas", "template", "type", "sessionAffinity", "clusterIp"] as const;

export const serviceKind: Kind<
  ServiceId,
  Service,
  Service,
  ServiceUpdate,
  "services",
  StreamForm<Service, ServiceView, "serviceId" | "name", never, keyof ServiceUse>
> = {
  plural: "services",
  position: 3,
  idOf: ({ serviceId }) => serviceId,
  pack: (service) => service,
  unpack: (packed) => packed,
  update: (service, set) => ({ ...service, ...set }),
  view: (service) => service,
  summary: (service) => ({
    name: service.name,
    status: service.reason.code,
    live: wantedReplicas(service) !== 0,
  }),
  stream: { removedFields: ["serviceId", "name"], masterFields },
  loadSchema: async () => (await import("./schema.ts")).service,
  loadViewSchema: async () => (await import("./view-schema.ts")).serviceView,
  migrations: [],
  limit: limits.services,
  retention: "until it is removed",
};

export const revisionKind: Kind<RevisionId, Revision, PackedRevision, Record<string, never>, "revisions", null> = {
  plural: "revisions",
  position: 4,
  idOf: ({ serviceId, number }) => revisionId(serviceId, number),
  pack: packRevision,
  unpack: (packed, shared) => ({ ...packed, spec: shared.value(packed.spec, () => unpackSpec(packed.spec)) }),
  update: (revision) => revision,
  view: packRevision,
  summary: ({ serviceId, number }) => ({ name: revisionId(serviceId, number), status: "", live: false }),
  stream: null,
  loadSchema: async () => (await import("./schema.ts")).revisionRecord,
  migrations: [],
  limit: limits.services * limits.revisionsKept,
  retention: `the newest ${limits.revisionsKept} of a service, and every one in use`,
};
