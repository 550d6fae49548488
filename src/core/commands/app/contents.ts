// The configs and secrets of an app.

import { ok } from "../../../lib/result.ts";
import { same } from "../../../lib/same.ts";
import type { AppConfig, AppContent, AppMembers, AppSecret } from "../../../model/app/app.ts";
import { type Member, ofMember } from "../../../model/app/member.ts";
import { type Config, type ContentKind, configId } from "../../../model/config/config.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { type Secret, secretId } from "../../../model/secret/secret.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import { useOf } from "../../state/contents.ts";
import { decideContent } from "../contents.ts";
import { contentsOfApp } from "./members.ts";
import { type AppRun, inOrder, type Part } from "./parts.ts";

type Wanted = AppConfig | AppSecret;

/**
 * Adds a version if the content is another one. `services`: those that are put after it, and so get the version then; others that use
 * the content get it now.
 */
export function* putContent(
  run: AppRun,
  kind: ContentKind,
  wanted: Wanted,
  by: string,
  services: readonly string[],
): Part {
  const { state, context } = run;
  const { name } = wanted;
  const member: Member = { kind, name };
  const newest = newestOf(state, kind, name);
  const found = "version" in wanted ? earlierContent(state, kind, wanted) : ok(wanted);
  if (!found.ok) return ofMember(member, found);
  const content = found.value;
  const isSame = newest !== undefined && isContentOf(newest, content);
  if (isSame) return ok(run.note(member, configId(newest), "unchanged"));
  const asked = { name, labels: content.labels, by, mustBeNew: newest === undefined, without: services };
  const decision =
    "sealed" in content
      ? decideContent(state, { ...asked, type: "putSecret", sealed: content.sealed }, context)
      : decideContent(state, { ...asked, type: "putConfig", data: content.data, encoding: content.encoding }, context);
  return yield* run.put(member, newest !== undefined, decision);
}

type Content = Exclude<Wanted, { version: number }>;

function newestOf(state: ClusterState, kind: ContentKind, name: string): Config | Secret | undefined {
  const version = state.versionsOf(kind, name).at(-1);
  return version === undefined ? undefined : state.record(kind, configId({ name, version }));
}

/** What that version holds: the version itself never becomes the newest again. */
function earlierContent(
  state: ClusterState,
  kind: ContentKind,
  { name, version, labels: given }: Wanted & { version: number },
): Outcome<Content> {
  const earlier =
    kind === "config"
      ? state.tables.config.get(configId({ name, version }))
      : state.tables.secret.get(secretId({ name, version }));
  if (earlier === undefined)
    return refuse("unprocessable", `its version ${version} is not kept any more`, {
      hint: "Apply the files again, which have its content.",
      details: { name, version },
    });
  const labels = given ?? earlier.labels;
  if ("sealed" in earlier) return ok({ name, sealed: earlier.sealed, labels });
  return ok({ name, data: earlier.data, encoding: earlier.encoding, labels });
}

/** Labels that are left out are no difference. */
function isContentOf(newest: Config | Secret, content: Content): boolean {
  if (content.labels !== undefined && !same(content.labels, newest.labels ?? {})) return false;
  if ("sealed" in newest) return "sealed" in content && same(newest.sealed, content.sealed);
  return "data" in content && newest.data === content.data && newest.encoding === content.encoding;
}

/** Those that the app no longer names. What a replica of an earlier revision still uses stays a member until a later apply. */
export function* removeContents(
  run: AppRun,
  kind: ContentKind,
  before: AppMembers,
  input: Pick<AppContent, "configs" | "secrets">,
): Part {
  const { state, context } = run;
  const wanted = new Set(input[`${kind}s`].map(({ name }) => name));
  const gone = contentsOfApp(state, kind, before).filter((name) => !wanted.has(name));
  return yield* inOrder(gone, function* (name): Part {
    const member: Member = { kind, name };
    const id = configId({ name, version: state.versionsOf(kind, name).at(-1)! });
    if (useOf(state, kind, name).users.size > 0) return ok(run.note(member, id, "kept"));
    return yield* run.remove(member, id, decideContent(state, { type: "removeContent", kind, name }, context));
  });
}
