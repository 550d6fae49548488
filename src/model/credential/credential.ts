// Logins to registries, which the records have sealed. Workers use them for pulls.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type * as schema from "./schema.ts";

/** The registry, as `registryName` names it. */
export type CredentialId = string & { readonly kind: "credential" };

export type Credential = DeepReadonly<z.output<typeof schema.credential>>;
export type CredentialView = DeepReadonly<z.output<typeof schema.credentialView>>;

export function viewCredential({ sealed: _, ...credential }: Credential): CredentialView {
  return credential;
}

export function credentialPurpose(registry: string): string {
  return `credential ${registry}`;
}
