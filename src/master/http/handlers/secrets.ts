// The handlers of secrets. A content is sealed here, before it becomes a command.

import type { secretOperations } from "../../../api/operations/secrets.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import type { ClusterState } from "../../../core/state/cluster-state.ts";
import { findContent } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import type { Encoding } from "../../../model/config/config.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { type Secret, type SecretView, secretId, secretPurpose, viewSecret } from "../../../model/secret/secret.ts";
import { contentOf } from "./contents.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

interface Body {
  data: string;
  encoding?: Encoding | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
}

export function secretHandlers(
  { state, loop, vault }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof secretOperations> {
  const put = async (name: string, body: Body, origin: Origin, mustBeNew: boolean): Promise<Outcome<SecretView>> => {
    const { data, encoding = "utf8", labels } = body;
    const bytes = contentOf({ data, encoding });
    if (!bytes.ok) return bytes;
    const before = mustBeNew ? null : findContent(await reads.durable(), "secret", name);
    if (before?.ok === false) return before;
    const isSame = before && labels === undefined && holds(before.value, bytes.value);
    if (isSame) return ok(viewSecret(before.value));
    const sealed = vault.seal(bytes.value, secretPurpose(name));
    if (!sealed.ok) return sealed;
    const command = { type: "putSecret", name, sealed: sealed.value, labels, by: origin.name, mustBeNew } as const;
    const outcome = await loop.submit(command, origin);
    if (!outcome.ok) return outcome;
    const found = (await reads.durable()).tables.secret.get(outcome.value.contentId!);
    return found ? ok(viewSecret(found)) : findContent(state, "secret", name); // removed in the meantime
  };
  const holds = ({ name, sealed }: Secret, bytes: Uint8Array): boolean => {
    const opened = vault.open(sealed, secretPurpose(name));
    return "bytes" in opened && Buffer.from(opened.bytes).equals(bytes);
  };
  return {
    createSecret: ({ body, origin }) => put(body.name, body, origin, true),
    updateSecret: ({ body, origin, parameters }) => put(parameters.id, body, origin, false),
    listSecrets: async () => {
      const current = await reads.durable();
      const names = [...current.contentNames("secret")].sort();
      return ok(names.map((name) => viewSecret(newest(current, name))));
    },
    getSecret: async ({ parameters: { id }, query }) => {
      const current = await reads.durable();
      const found = findContent(current, "secret", id);
      if (!found.ok) return found;
      if (query.version === undefined) return ok(viewSecret(found.value));
      const one = current.tables.secret.get(secretId({ name: id, version: query.version }));
      return one ? ok(viewSecret(one)) : noVersion(current, id, query.version);
    },
    listSecretVersions: async ({ parameters: { id } }) => {
      const current = await reads.durable();
      const found = findContent(current, "secret", id);
      if (!found.ok) return found;
      return ok(current.versionsOf("secret", id).map((version) => viewSecret(recordOf(current, id, version))));
    },
    deleteSecret: async ({ parameters, origin }) => {
      const removed = await loop.submit({ type: "removeContent", kind: "secret", name: parameters.id }, origin);
      return removed.ok ? ok(null) : removed;
    },
    keyReport: async () => {
      await reads.durable();
      return ok(vault.report());
    },
  };
}

function newest(state: ClusterState, name: string): Secret {
  return recordOf(state, name, state.versionsOf("secret", name).at(-1)!);
}

function recordOf(state: ClusterState, name: string, version: number): Secret {
  return state.record("secret", secretId({ name, version }));
}

function noVersion(state: ClusterState, name: string, version: number): Outcome<never> {
  const versions = state.versionsOf("secret", name);
  return refuse("secret-not-found", `the secret ${name} has no version ${version}`, {
    hint: `Its versions: ${versions.join(", ")}.`,
    details: { name, versions },
  });
}
