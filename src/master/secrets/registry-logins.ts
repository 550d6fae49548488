// The stored login to the registry of an image, opened for a worker that is about to ask that registry.

import type { SentLogin } from "../../api/registry-login.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type CredentialId, credentialPurpose } from "../../model/credential/credential.ts";
import { registryName, registryOf } from "../../model/registry.ts";
import type { Vault } from "./vault.ts";

/** Null if none is stored, or the key does not open it: the node then uses its own. */
export function storedLogin(state: ClusterState, vault: Vault, image: string): SentLogin | null {
  const { credential } = state.tables;
  if (credential.size === 0) return null;
  const registry = registryName(registryOf(image));
  const found = credential.get(registry as CredentialId);
  if (!found) return null;
  const opened = vault.open(found.sealed, credentialPurpose(registry));
  return "bytes" in opened ? { username: found.username, password: Buffer.from(opened.bytes).toString() } : null;
}
