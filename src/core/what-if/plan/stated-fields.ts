// What of a record a user states, in a form that is the same whenever it is stated: no ids, no times, no progress.

import type { KindName } from "../../../model/kinds/kinds.ts";
import { type AnyKind, kinds } from "../../../model/kinds/kinds.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Revision, Service } from "../../../model/service/service.ts";
import { packSpec } from "../../../model/task/spec.ts";
import type { Task } from "../../../model/task/task.ts";

/** The fields that users state, of kinds whose records also have others. */
const stated: { readonly [K in KindName]?: readonly string[] } = {
  job: [
    "spec",
    "completions",
    "parallelism",
    "indexed",
    "backoffLimit",
    "deadlineMs",
    "ttlMs",
    "suspended",
    "dependsOn",
  ],
  schedule: [
    ...["spec", "cron", "timezone", "concurrency", "startDeadlineMs", "keep", "suspended"],
    ...["completions", "parallelism", "indexed", "backoffLimit", "deadlineMs", "ttlMs", "dependsOn"],
  ],
  volume: ["writers", "labels"],
  credential: ["registry", "username"],
  // What an app consists of is in the records of its members.
  app: [],
};

/** Of other kinds: what is an id, a time, a person or a sealed content. */
const unstated = /^(at|by|sealed|revision|digest)$|(Id|At|Ids)$/;

/** `revision`: the wanted one of a service. */
export function statedFields(kind: KindName, record: object, revision?: Revision): object {
  if (kind === "service") return ofService(record as Service, revision);
  if (kind === "node") return ofNode(record as NodeRecord);
  if (kind === "task") return { template: packSpec((record as Task).spec) };
  const packed = (kinds[kind] as AnyKind).pack(record) as Record<string, unknown>;
  const { [kind]: wanted } = stated;
  const entries = wanted
    ? wanted.map((name) => [name, packed[name]] as const)
    : Object.entries(packed).filter(([name]) => !unstated.test(name));
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function ofService(service: Service, revision: Revision | undefined): object {
  const { mode, policy, selector, ports, labels, annotations, dependsOn } = service;
  const replicas = mode.type === "replicated" ? { replicas: mode.replicas } : {};
  const ofSelector = { selector, ports, labels, annotations };
  if (mode.type === "selector") return { mode: mode.type, ...ofSelector };
  // A revision that starts every replica again differs from the one before by nothing else.
  const restart = revision?.restarted === undefined ? {} : { restart: revision.restarted };
  const digests = (revision?.images ?? []).filter(({ digest }) => digest !== null);
  const images = Object.fromEntries(digests.map(({ image, digest }) => [image, digest]));
  return {
    ...{ mode: mode.type, ...replicas },
    template: revision ? packSpec(revision.spec) : {},
    ...(digests.length > 0 ? { images } : {}),
    ...{ ...restart, rollout: policy },
    ...(dependsOn?.length ? { dependsOn } : {}),
  };
}

function ofNode({ draining, schedulable, userLabels }: NodeRecord): object {
  return { draining: draining !== null, schedulable, labels: userLabels ?? {} };
}
