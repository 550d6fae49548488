// The commands on logins to registries.

import { toTimestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import type { CredentialId } from "../../model/credential/credential.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Command, Decision, DecisionContext } from "./command.ts";

type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;

export function decideCredential(
  state: ClusterState,
  command: CommandOf<"putCredential" | "removeCredential">,
  { now }: DecisionContext,
): Outcome<Decision> {
  const { registry } = command;
  const id = registry as CredentialId;
  const exists = state.tables.credential.has(id);
  if (command.type === "removeCredential") {
    if (!exists) return noCredential(registry);
    return ok({ changes: [{ type: "credential.removed", id }], granted: { credential: id } });
  }
  const { username, sealed, by } = command;
  const set = { username, sealed, createdAt: toTimestamp(now), by };
  if (exists) return ok({ changes: [{ type: "credential.updated", id, set }], granted: { credential: id } });
  return ok({ changes: [{ type: "credential.created", record: { registry, ...set } }], granted: { credential: id } });
}

export function noCredential(registry: string): Outcome<never> {
  return refuse("credential-not-found", `there is no login to ${registry}`, {
    hint: "List them with: podling registry ls",
    details: { registry },
  });
}
