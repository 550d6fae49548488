// The fields of a container that name configs and secrets, and what they mean: where a content goes, and which version it is. Without the
// schema, which commands of the CLI do not load.

import type { ContentKind } from "../config/config.ts";
import type { ContentReference } from "./content-reference.ts";

/** The field of a container that names contents of each kind. */
export const contentFields = ["configs", "secrets"] as const;
export type ContentField = (typeof contentFields)[number];

export const fieldOfKind: Readonly<Record<ContentKind, ContentField>> = {
  config: "configs",
  secret: "secrets",
};

type Referring = { readonly [Field in ContentField]?: readonly ContentReference[] | null | undefined };

export interface UsedContent {
  kind: ContentKind;
  reference: ContentReference;
}

/** All that a container names, in order. */
export function* contentsOf({ configs, secrets }: Referring): Generator<UsedContent> {
  for (const reference of configs ?? []) yield { kind: "config", reference };
  for (const reference of secrets ?? []) yield { kind: "secret", reference };
}

export function hasContents({ configs, secrets }: Referring): boolean {
  return (configs ?? secrets ?? null) !== null;
}

/** Null for an environment variable. */
export function targetOf({ kind, reference: { name, target, env } }: UsedContent): string | null {
  if (env !== undefined) return null;
  return target ?? (kind === "config" ? `/${name}` : `/run/secrets/${name}`);
}

/** The version that the container has; null: always the newest one. */
export function versionOf({ version, resolved }: ContentReference): number | null {
  return version ?? resolved ?? null;
}

/** True when its file may change while the container runs. */
export function isSignalled({ version, onChange }: ContentReference): boolean {
  return version === undefined && onChange === "signal";
}

/** True when a new version makes a new revision of a service. */
export function rollsOut({ version, onChange }: ContentReference): boolean {
  return version === undefined && onChange !== "none";
}
