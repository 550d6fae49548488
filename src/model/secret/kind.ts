// The record kind of secrets: one record for each version, with its content sealed.

import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { type Secret, type SecretId, type SecretView, secretId, viewSecret } from "./secret.ts";

export const secretKind: Kind<
  SecretId,
  Secret,
  Secret,
  Record<string, never>,
  "secrets",
  StreamForm<Secret, SecretView, "name" | "version">
> = {
  plural: "secrets",
  position: 8,
  idOf: secretId,
  pack: (secret) => secret,
  unpack: (packed) => packed,
  update: (secret) => secret,
  view: viewSecret,
  summary: (secret) => ({ name: secretId(secret), status: "", live: false }),
  stream: { removedFields: ["name", "version"] },
  loadSchema: async () => (await import("./schema.ts")).secret,
  loadViewSchema: async () => (await import("./schema.ts")).secretView,
  migrations: [],
  limit: limits.contents,
  whenFull: (count) => ({
    message: `the cluster holds ${count} versions of secrets, which is its limit`,
    hint: "Remove secrets that are no longer used: podling secret rm NAME.",
  }),
  retention: `the newest ${limits.versionsKept} of a secret, and every one in use`,
};
