// What a request says of an app, as a command has it: checked, with the ids of nodes, and with secrets sealed.

import { ok } from "../../../lib/result.ts";
import type { AppConfig, AppContent, AppImages, AppSecret, AppVolume } from "../../../model/app/app.ts";
import type { ParsedAppInput } from "../../../model/app/app-input.ts";
import { checkApp } from "../../../model/app/check-app.ts";
import { type MemberKind, ofMember } from "../../../model/app/member.ts";
import { encodedOf } from "../../../model/config/config.ts";
import type { Outcome } from "../../../model/refusal.ts";
import { secretId, secretPurpose } from "../../../model/secret/secret.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { contentOf } from "./contents.ts";
import type { DurableReads, HandlerContext } from "./context.ts";
import { resolvedImages } from "./resolved-images.ts";

/** `never`: for a trial, of which nothing is left. The first secret of a cluster would make its key. */
type Seals = "always" | "never";
const nothingSealed = { keyId: "", nonce: "", text: "" };

export async function appContent(
  context: HandlerContext,
  reads: DurableReads,
  app: string,
  body: ParsedAppInput,
  seals: Seals,
): Promise<Outcome<AppContent>> {
  const checked = checkApp(app, body);
  if (!checked.ok) return checked;
  const volumes = await each("volume", checked.value.volumes, (volume) => withNode(reads, volume));
  if (!volumes.ok) return volumes;
  const configs = await each("config", checked.value.configs, configOf);
  if (!configs.ok) return configs;
  await reads.durable();
  const secrets = await each("secret", checked.value.secrets, (secret) => secretOf(context, secret, seals));
  if (!secrets.ok) return secrets;
  const { source, services, jobs, schedules } = checked.value;
  const parts = { services, jobs, schedules, volumes: volumes.value, configs: configs.value, secrets: secrets.value };
  return ok({ ...parts, ...(source ? { source } : {}) });
}

/** What the tags stand for that are new to each service, or all of them; looked up side by side. */
export async function imagesOfApp(
  context: HandlerContext,
  services: readonly ParsedServiceInput[],
  which: "always" | "changed" | "never" | undefined,
  signal: AbortSignal,
): Promise<AppImages> {
  const found = services.map(
    async (service) => [service.name, await resolvedImages(context, service, which, signal)] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

async function withNode(reads: DurableReads, { node, ...volume }: AppVolume): Promise<Outcome<AppVolume>> {
  if (node === undefined) return ok(volume);
  const found = await reads.node(node);
  return found.ok ? ok({ ...volume, node: found.value.nodeId }) : found;
}

type ContentInput = ParsedAppInput["configs"][number];

function configOf({ name, labels, ...content }: ContentInput): Outcome<AppConfig> {
  const bytes = contentOf(given(content));
  return bytes.ok ? ok({ name, labels, ...encodedOf(bytes.value) }) : bytes;
}

/** A secret that holds what was sent stays as it is: sealed again, it would be another text, and so another version. */
function secretOf(
  { state, vault }: HandlerContext,
  { name, labels, ...content }: ContentInput,
  seals: Seals,
): Outcome<AppSecret> {
  const bytes = contentOf(given(content));
  if (!bytes.ok) return bytes;
  const version = state.versionsOf("secret", name).at(-1);
  if (version !== undefined) {
    const opened = vault.open(state.record("secret", secretId({ name, version })).sealed, secretPurpose(name));
    if ("bytes" in opened && Buffer.from(opened.bytes).equals(bytes.value)) return ok({ name, labels, version });
  }
  if (seals === "never") return ok({ name, labels, sealed: nothingSealed });
  const sealed = vault.seal(bytes.value, secretPurpose(name));
  return sealed.ok ? ok({ name, labels, sealed: sealed.value }) : sealed;
}

function given({ data, encoding }: Pick<ContentInput, "data" | "encoding">) {
  return encoding === undefined ? { data } : { data, encoding };
}

/** The members that the command has, or the first refusal, with the name of its member. */
async function each<T extends { name: string }, R>(
  kind: MemberKind,
  members: readonly T[],
  made: (member: T) => Outcome<R> | Promise<Outcome<R>>,
): Promise<Outcome<R[]>> {
  const all: R[] = [];
  for (const member of members) {
    const outcome = await made(member);
    if (!outcome.ok) return ofMember({ kind, name: member.name }, outcome);
    all.push(outcome.value);
  }
  return ok(all);
}
