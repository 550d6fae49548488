// The record kind of logins to registries.

import type { Kind, StreamForm } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { type Credential, type CredentialId, type CredentialView, viewCredential } from "./credential.ts";

type Update = Partial<Omit<Credential, "registry">>;

export const credentialKind: Kind<
  CredentialId,
  Credential,
  Credential,
  Update,
  "credentials",
  StreamForm<Credential, CredentialView, "registry">
> = {
  plural: "credentials",
  position: 9,
  idOf: ({ registry }) => registry as CredentialId,
  pack: (credential) => credential,
  unpack: (packed) => packed,
  update: (credential, set) => ({ ...credential, ...set }),
  view: viewCredential,
  summary: ({ registry, username }) => ({ name: registry, status: username, live: false }),
  stream: { removedFields: ["registry"] },
  loadSchema: async () => (await import("./schema.ts")).credential,
  loadViewSchema: async () => (await import("./schema.ts")).credentialView,
  migrations: [],
  limit: limits.credentials,
  retention: "until it is removed",
};
