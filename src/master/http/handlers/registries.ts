// The handlers of logins to registries. A password is sealed here, before it becomes a command.

import type { registryOperations } from "../../../api/operations/registries.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import { noCredential } from "../../../core/commands/credentials.ts";
import { ok } from "../../../lib/result.ts";
import { credentialPurpose, viewCredential } from "../../../model/credential/credential.ts";
import { registryName } from "../../../model/registry.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

export function registryHandlers(
  { loop, vault }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof registryOperations> {
  return {
    putCredential: async ({ parameters, body, origin }) => {
      const registry = registryName(parameters.id);
      const sealed = vault.seal(Buffer.from(body.password), credentialPurpose(registry));
      if (!sealed.ok) return sealed;
      const { username } = body;
      const command = { type: "putCredential", registry, username, sealed: sealed.value, by: origin.name } as const;
      const outcome = await loop.submit(command, origin);
      if (!outcome.ok) return outcome;
      const found = (await reads.durable()).tables.credential.get(registry);
      return found ? ok(viewCredential(found)) : noCredential(registry); // removed in the meantime
    },
    listCredentials: async () => {
      const credentials = [...(await reads.durable()).tables.credential.values()];
      credentials.sort((left, right) => (left.registry < right.registry ? -1 : 1));
      return ok(credentials.map(viewCredential));
    },
    deleteCredential: async ({ parameters, origin }) => {
      const registry = registryName(parameters.id);
      const removed = await loop.submit({ type: "removeCredential", registry }, origin);
      return removed.ok ? ok(null) : removed;
    },
  };
}
