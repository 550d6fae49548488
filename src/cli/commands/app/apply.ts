// podling apply: makes an app what compose files say.

import type { ComposeDocument } from "../../../compose/read-compose.ts";
import type { AppBody } from "../../../model/app/app-input.ts";
import type { AppApplied } from "../../../model/app/view.ts";
import type { PlanOutcome } from "../../../model/plan/plan.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError } from "../../command/failure.ts";
import { changeLines, hasChanges } from "../../render/apps.ts";
import { appFlags } from "./app-flags.ts";
import { finish, isAgreed, waitFlags, yes } from "./arguments.ts";
import { type ComposeApp, planBody, readApp, refuseKeys, resolveOf } from "./compose-files.ts";
import { planFlags, plannedOutcome, shownOutcome } from "./expected-outcome.ts";

export const apply: Command = {
  name: "apply",
  summary: "Make an app what compose files say, and wait until it is",
  usage: "[flags]",
  description: [
    "Reads compose files as podling validate does, shows which keys Podling does not honour and what would become of each service, job, schedule, volume, config and secret, and asks. Then everything is applied at once: if one part is refused, nothing is changed. Without a terminal, or with a file from stdin, it needs -y.",
    "The app has the name of --app, else that of the file (name:), else that of its folder. What the files no longer name is removed, but for volumes: podling down APP --volumes removes them. The same files again change nothing.",
    "It waits until each service is steady, and shows how far it is; -d does not wait. The exit code is 0 when every service is ready, 1 if a service or a job has failed or nothing could be changed, 2 at the timeout, and 3 if another client has applied the app meanwhile, or the files do something else than the plan.",
    "On a terminal it also shows where everything would run, and the master carries out only what was shown. --plan FILE does the same for a plan that podling plan -o json wrote before.",
  ],
  flags: [
    ...appFlags,
    { long: "note", value: "TEXT", description: "what the change is for, kept with the revision" },
    ...planFlags,
    yes,
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  examples: [
    ["podling apply", "compose.yaml of this folder"],
    ["podling apply -f compose.yaml -f compose.prod.yaml --app shop -y", "two files, without a question"],
    ["podling apply --resolve always -y", "notice tags that have moved"],
    ["podling apply --plan plan.json -y", "only what podling plan -o json >plan.json has shown"],
  ],
  async run(context) {
    const timeoutMs = context.flags.durationMs("timeout")!;
    const planned = await plannedOutcome(context);
    const app = await readApp(context);
    if (!app) return exitCodes.error;
    refuseKeys(context, app, "sent");
    const seen = await seenRevision(context, app.name);
    const { changes } = await put(context, app, { expectedRevision: String(seen), dryRun: "true" });
    await context.say(`${app.name}: ${seen === 0 ? "a new app" : `revision ${seen}`}`);
    for (const line of changeLines(changes)) await context.err(`  ${line}\n`);
    const asks = hasChanges(changes);
    const expected = planned ?? (asks && isAsked(context) ? await shownOutcome(context, planBody(context, app)) : null);
    if (asks && !(await isAgreed(context, `Apply this to ${app.name}?`, stdinIsRead(context)))) return exitCodes.error;
    // Also where no member changes: the app may be new, or get a volume that is there. If nothing differs, nothing is written.
    const applied = await put(context, app, { expectedRevision: String(seen) }, expected);
    return finish(context, app.name, timeoutMs, applied.changes);
  },
};

/** True when a person will read what is shown. */
function isAsked({ flags, io }: Context): boolean {
  return !flags.has("yes") && io.stdinIsTty;
}

function stdinIsRead({ flags }: Context): string | undefined {
  return flags.texts("file").includes("-") ? "stdin was the file" : undefined;
}

/** The newest revision of the app; 0 if there is no app. */
async function seenRevision(context: Context, name: string): Promise<number> {
  const found = await context.try("getApp", { id: name });
  if (found.ok) return found.value!.revision;
  if (found.refusal.code === "app-not-found") return 0;
  throw context.refused(found.refusal);
}

/** The files as they were named, and a digest of what they make. Without secrets, which it would help to guess. */
function sourceOf({ flags }: Context, document: ComposeDocument, input: AppBody): NonNullable<AppBody["source"]> {
  const given = flags.texts("file");
  const files = given.length > 0 ? [...given] : [document.placeOf([]).file];
  const secrets = input.secrets?.map(({ name }) => name);
  const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify({ ...input, secrets })).digest("hex");
  return { files, digest };
}

async function put(
  context: Context,
  { name, input, document }: ComposeApp,
  more: { expectedRevision: string; dryRun?: "true" },
  expected: PlanOutcome | null = null,
): Promise<AppApplied> {
  const note = context.flags.text("note");
  const expectedOutcome = expected ? { expectedOutcome: expected as AppBody["expectedOutcome"] } : {};
  const body = { ...input, source: sourceOf(context, document, input), ...expectedOutcome };
  const query = { ...more, resolve: resolveOf(context), ...(note === undefined ? {} : { note }) };
  const applied = await context.try("putApp", { id: name, body, query });
  if (applied.ok) return applied.value!;
  const { refusal } = applied;
  if (refusal.code === "conflict")
    throw new RefusedError(refusal, { exitCode: exitCodes.changed, commandName: "apply" });
  throw context.refused(refusal);
}
