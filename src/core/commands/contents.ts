// The commands on configs and secrets. A new version is rolled out in the same batch: each service that has the newest version gets
// another revision.

import { unreachable } from "../../lib/assert.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { same } from "../../lib/same.ts";
import type { Change } from "../../model/change.ts";
import { bytesOf, type Config, type ContentKind, configId } from "../../model/config/config.ts";
import type { RecordOf } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { type Secret, secretId } from "../../model/secret/secret.ts";
import { hasSelector } from "../../model/service/selector.ts";
import { revisionId } from "../../model/service/service.ts";
import { rollsOut } from "../../model/task/content-fields.ts";
import { type PackedSpec, packSpec } from "../../model/task/spec.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { useOf, withReferences } from "../state/contents.ts";
import { findContent } from "../state/lookup.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";
import { decideCredential } from "./credentials.ts";
import { revise } from "./service-revisions.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export function decideContent(
  state: ClusterState,
  command: CommandOf<"putConfig" | "putSecret" | "removeContent" | "putCredential" | "removeCredential">,
  context: DecisionContext,
): Outcome<Decision> {
  switch (command.type) {
    case "putConfig":
      return putConfig(state, command, context);
    case "putSecret":
      return putSecret(state, command, context);
    case "removeContent":
      return removeContent(state, command);
    case "putCredential":
    case "removeCredential":
      return decideCredential(state, command, context);
    default:
      return unreachable(command);
  }
}

function putConfig(state: ClusterState, command: CommandOf<"putConfig">, { now }: DecisionContext): Outcome<Decision> {
  const { data, encoding, labels } = command;
  const newest = newestOf(state, "config", command);
  if (!newest.ok) return newest;
  const before = newest.value;
  const next = { data, encoding, labels: labels ?? before?.labels };
  if (before && same({ data: before.data, encoding: before.encoding, labels: before.labels }, next))
    return ok({ changes: [], granted: { contentId: configId(before) } });
  const bytes = bytesOf(data, encoding).length;
  const record: Config = { ...versionAfter(state, "config", command, before, now), bytes, data, encoding };
  const changes: Change[] = [
    { type: "config.created", record },
    ...changesAfter(state, "config", record, command, now),
  ];
  return ok({ changes, granted: { contentId: configId(record) } });
}

/** Each is another version: a content that is sealed again is another text. */
function putSecret(state: ClusterState, command: CommandOf<"putSecret">, { now }: DecisionContext): Outcome<Decision> {
  const newest = newestOf(state, "secret", command);
  if (!newest.ok) return newest;
  const record: Secret = { ...versionAfter(state, "secret", command, newest.value, now), sealed: command.sealed };
  const changes: Change[] = [
    { type: "secret.created", record },
    ...changesAfter(state, "secret", record, command, now),
  ];
  return ok({ changes, granted: { contentId: secretId(record) } });
}

/** The newest version before this command; undefined if there must be none. */
function newestOf<K extends ContentKind>(
  state: ClusterState,
  kind: K,
  { name, mustBeNew }: { name: string; mustBeNew: boolean },
): Outcome<RecordOf<K> | undefined> {
  return mustBeNew ? mustNotExist(state, kind, name) : findContent(state, kind, name);
}

type Labelled = { labels?: Readonly<Record<string, string>> | undefined };

/** What every version has beside its content. */
function versionAfter(
  state: ClusterState,
  kind: ContentKind,
  { name, by, labels: given }: Labelled & { name: string; by: string },
  before: Labelled | undefined,
  now: number,
) {
  const labels = given ?? before?.labels ?? {};
  return {
    ...{ name, version: nextVersion(state, kind, name) },
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...{ createdAt: toTimestamp(now), by },
  };
}

function mustNotExist(state: ClusterState, kind: ContentKind, name: string): Outcome<undefined> {
  if (state.versionsOf(kind, name).length === 0) return ok(undefined);
  return refuse("name-taken", `there is a ${kind} ${name} already`, {
    hint: `Give it another content with: podling ${kind} update ${name} FILE`,
    details: { name },
  });
}

/** Above every number that a revision or a task still names, also when the content was removed and is made again. */
function nextVersion(state: ClusterState, kind: ContentKind, name: string): number {
  return Math.max(0, ...state.versionsOf(kind, name), ...useOf(state, kind, name).versions) + 1;
}

/** What follows from a new version: the services that get it, and the old versions that nothing needs. */
function changesAfter(
  state: ClusterState,
  kind: ContentKind,
  { name, version, by }: Pick<Config, "name" | "version" | "by">,
  { without = [] }: { without?: readonly string[] },
  now: number,
): Change[] {
  const services = [...state.tables.service.values()]
    .filter((service) => !hasSelector(service) && !without.includes(service.name))
    .sort((a, b) => (a.serviceId < b.serviceId ? -1 : 1));
  const changes = services.flatMap((service) => {
    const { spec: before, images, restarted } = state.record("revision", revisionId(service.serviceId, service.target));
    const spec = specWith(state, packSpec(before), { kind, name, version });
    const note = `${kind} ${name} version ${version}`;
    return spec ? revise(state, service, { spec, images, restarted, by, note, now }) : [];
  });
  const { versions } = useOf(state, kind, name);
  const old = state.versionsOf(kind, name).slice(0, -(limits.versionsKept - 1));
  return [...changes, ...old.filter((one) => !versions.has(one)).map((one) => removal(kind, name, one))];
}

/** The template with this version; null if it does not get it. */
function specWith(
  state: ClusterState,
  before: PackedSpec,
  { kind, name, version }: { kind: ContentKind; name: string; version: number },
): PackedSpec | null {
  let isUser = false;
  const spec = withReferences(before, (of, reference) => {
    if (of !== kind || reference.name !== name || !rollsOut(reference)) return reference;
    isUser = true;
    return { ...reference, resolved: version };
  });
  return isUser ? state.sharing.packed(spec) : null;
}

function removal(kind: ContentKind, name: string, version: number): Change {
  if (kind === "config") return { type: "config.removed", id: configId({ name, version }) };
  return { type: "secret.removed", id: secretId({ name, version }) };
}

function removeContent(state: ClusterState, { kind, name }: CommandOf<"removeContent">): Outcome<Decision> {
  const found = findContent(state, kind, name);
  if (!found.ok) return found;
  const users = [...useOf(state, kind, name).users].sort();
  if (users.length > 0) {
    const more = users.length > usersShown ? ` and ${users.length - usersShown} more` : "";
    return refuse("in-use", `${users.slice(0, usersShown).join(", ")}${more} use the ${kind} ${name}`, {
      hint: "Remove them, or update them without it, first.",
      details: { name, users: users.slice(0, usersShown) },
    });
  }
  const changes = state.versionsOf(kind, name).map((version) => removal(kind, name, version));
  return ok({ changes, granted: { contentId: configId(found.value) } });
}

/** In a sentence. */
const usersShown = 5;
