// x-podling: what Podling has and compose lacks. Each key has a row here; any other one is an error. What a value must be, the schema
// of the input says.

import { nearest } from "../../lib/nearest-word.ts";
import type { Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import type { Problems } from "./problems.ts";
import type { Source } from "./source.ts";

type Kind = "number" | "duration" | "text" | "flag" | "list" | "services" | "value";

export interface ExtensionKey {
  readonly key: string;
  /** Where it goes in the input. */
  readonly field: string;
  readonly kind: Kind;
  /** For the documents. */
  readonly what: string;
}

const row = (key: string, kind: Kind, field: string, what: string): ExtensionKey => ({ key, kind, field, what });

/** Of every service. */
const taskKeys: readonly ExtensionKey[] = [
  row("priority", "number", "priority", "Higher ones are placed first."),
  row("constraints", "list", "constraints", "As those of deploy.placement; a label alone must exist."),
  row("spread", "list", "placement.spread", "Labels of nodes: their values get equally many replicas."),
  row("prefer", "list", "placement.prefer", "Preferred labels of nodes, with a weight if given: disk=ssd, disk=ssd:5."),
  row("near", "services", "placement.near", "Services: only on nodes that run a replica of each."),
  row("apart", "services", "placement.apart", "Services: never on a node with a replica of one of them."),
  row("startup", "value", "startupProbe", "A probe, in the form of the API (PROBES.md)."),
  row("liveness", "value", "livenessProbe", "The same."),
  row("readiness", "value", "readinessProbe", "The same."),
  row("restart", "value", "restartPolicy", "A restart policy, in the form of the API, in the place of restart."),
];

/** Of a service that keeps running. */
export const serviceKeys: readonly ExtensionKey[] = [
  row("canary", "number", "rollout.canary", "Replicas that get a new revision before it is promoted."),
  row("monitor", "duration", "rollout.monitorMs", "How long new replicas must stay up."),
  row("drain", "duration", "rollout.drainMs", "Time between the end of new traffic and the stop of a replica."),
  row("order", "text", "rollout.order", "auto, start-first or stop-first."),
  row("deadline", "duration", "rollout.deadlineMs", "How long a rollout may take."),
  row("min_ready", "duration", "rollout.minReadyMs", "How long a new replica must run before it replaces an old one."),
  row("max_surge", "number", "rollout.maxSurge", "Replicas beyond the wanted number while new ones start first."),
  row("max_unavailable", "number", "rollout.maxUnavailable", "Replicas that may be missing."),
  row("max_failures", "number", "rollout.maxFailures", "Failed replicas that a rollout tolerates."),
  row("namespace", "text", "namespace", "Kept as the label podling.namespace."),
  ...taskKeys,
];

/** Of a service with deploy.mode replicated-job. */
export const jobKeys: readonly ExtensionKey[] = [
  row("completions", "number", "completions", "How many tasks must succeed."),
  row("parallelism", "number", "parallelism", "How many run at once."),
  row("indexed", "flag", "indexed", "True: each task has an index from 0, in PODLING_JOB_INDEX."),
  row("backoff_limit", "number", "backoffLimit", "How many tasks may fail."),
  row("active_deadline", "duration", "activeDeadline", "How long the job may take."),
  row("ttl", "duration", "ttlAfterFinished", "How long it is kept after its end."),
  ...taskKeys,
];

/** Of such a job that a schedule starts. */
export const scheduleKeys: readonly ExtensionKey[] = [
  row("cron", "text", "cron", "When it is started. With it, the service is a schedule."),
  row("timezone", "text", "timezone", "Whose clock the expression is about. Left out: UTC."),
  row("concurrency", "text", "concurrency", "What a due time does while a job runs: allow, forbid or replace."),
  row("start_deadline", "duration", "startDeadline", "A due time that is noticed later starts no job."),
  row("keep_succeeded", "number", "keepSucceeded", "How many completed jobs are kept."),
  row("keep_failed", "number", "keepFailed", "How many failed jobs are kept."),
  ...jobKeys,
];

/** Of a volume of the file. */
export const volumeKeys: readonly ExtensionKey[] = [
  row("writers", "value", "writers", "1, or many: how many tasks may write to it at a time."),
  row("node", "text", "node", "The node that has its data already."),
];

/** Of a mount of the type tmpfs. */
export const mountKeys: readonly ExtensionKey[] = [
  row("flags", "list", "flags", "Further mount options, such as noexec."),
];

/** Of an item of configs or secrets of a service. */
export const contentKeys: readonly ExtensionKey[] = [
  row("env", "text", "env", "A variable that gets the content, in the place of a file."),
  row("version", "number", "version", "Always this version."),
  row("on_change", "text", "onChange", "What a new version does: restart, signal or none."),
  row("signal", "text", "signal", "For signal: left out it is SIGHUP."),
];

/** Sets what the extension says. */
export function addExtension(draft: Draft, extension: Source, keys: readonly ExtensionKey[], context: Context): void {
  for (const [key, source] of known(extension, keys, context.problems)) {
    const value = inputOf(source, key.kind, context);
    if (key.field === "constraints") for (const item of source.items()) draft.add("constraints", item.value, item);
    else if (key.field === "restartPolicy") draft.replace(key.field, value, source);
    else draft.set(key.field, value, source);
  }
}

/** The same as an object, for an item of a list. */
export function extended(
  extension: Source,
  keys: readonly ExtensionKey[],
  problems: Problems,
): Record<string, unknown> {
  return Object.fromEntries(
    known(extension, keys, problems).map(([{ field, kind }, source]) => [field, inputOf(source, kind, null)]),
  );
}

function known(extension: Source, keys: readonly ExtensionKey[], problems: Problems): [ExtensionKey, Source][] {
  if (!extension.isGiven) return [];
  if (typeof extension.value !== "object" || Array.isArray(extension.value)) {
    problems.error(extension.path, "it must be a mapping", "Write one key a line: docs/COMPOSE.md lists them.");
    return [];
  }
  return extension.entries().flatMap(([name, source]): [ExtensionKey, Source][] => {
    const key = keys.find((one) => one.key === name);
    if (key) return source.isGiven ? [[key, source]] : [];
    const near = nearest(
      name,
      keys.map((one) => one.key),
    );
    const all = keys.map((one) => one.key).join(", ");
    const next = near ? `Did you mean ${near}?` : `Here it has: ${all}.`;
    problems.error(source.path, `unknown key ${name}`, next);
    return [];
  });
}

function inputOf(source: Source, kind: Kind, context: Context | null): unknown {
  if (kind === "number") return source.number;
  if (kind === "duration") return source.duration;
  if (kind === "flag") return source.flag;
  if (kind === "text") return source.text;
  if (kind === "list") return source.items().map(({ value }) => value);
  if (kind === "value") return source.value;
  const isOfFile = (name: string) => context?.root.at("services", name).isGiven;
  return source.items().map(({ text, value }) => (text && isOfFile(text) ? context!.member(text) : value));
}
