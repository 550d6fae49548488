// Secrets: contents as configs, which the records have sealed only. Nothing but the worker of a node that runs a user of a
// secret gets its content.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type * as schema from "./schema.ts";

/** `db-password.3`: the name, and the number of the version. */
export type SecretId = string & { readonly kind: "secret" };

export type Secret = DeepReadonly<z.output<typeof schema.secret>>;
export type KeyReport = DeepReadonly<z.output<typeof schema.keyReport>>;
export type SecretView = DeepReadonly<z.output<typeof schema.secretView>>;

export function secretId({ name, version }: Pick<Secret, "name" | "version">): SecretId {
  return `${name}.${version}` as SecretId;
}

export function viewSecret({ sealed: _, ...secret }: Secret): SecretView {
  return secret;
}

/** What a content of this secret is sealed for: the text of another secret does not open in its place. */
export function secretPurpose(name: string): string {
  return `secret ${name}`;
}
