// Compose files for commands: their flags, reading them from the disk, and the app that they make.

import type { Finding } from "../../../compose/findings.ts";
import type { ComposeDocument, ComposeOutcome, ComposeRequest, KeyReport } from "../../../compose/read-compose.ts";
import type { Reader } from "../../../compose/reader.ts";
import { fileErrorMeaning } from "../../../lib/file-error.ts";
import type { AppBody } from "../../../model/app/app-input.ts";
import type { PlanBody } from "../../../model/plan/plan-input.ts";
import type { Context } from "../../command/context.ts";
import { Failure } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { Io } from "../../command/io.ts";

/** Errors and warnings that are printed: a wrong file may have one for each of its lines. */
const maxFindings = 200;

/** The flags of every command that reads compose files. */
export const composeFlags: readonly Flag[] = [
  {
    long: "file",
    short: "f",
    value: "FILE",
    description: "compose file, or - for stdin; a later file is merged over the earlier ones",
    repeatable: true,
    completes: "files",
  },
  {
    long: "profile",
    value: "NAME",
    description: "also the services of this profile; * for all",
    repeatable: true,
  },
  {
    long: "env-file",
    value: "FILE",
    description: "variables for the files, in the place of .env",
    repeatable: true,
    completes: "files",
  },
];

/** What the files of a command make. */
export interface ComposeApp {
  /** The name of the app: --app, or else that of the files. */
  name: string;
  input: AppBody;
  document: ComposeDocument;
  /** Keys that Podling does not honour. */
  report: readonly KeyReport[];
}

/** Reads and translates the files of the flags. Prints errors, warnings and keys that are not honoured to stderr. Null after an error. */
export async function readApp(context: Context): Promise<ComposeApp | null> {
  // Loaded here, because the parser of YAML and the schemas are large.
  const [{ readCompose }, { translate }] = await Promise.all([
    import("../../../compose/read-compose.ts"),
    import("../../../compose/translate/translate.ts"),
  ]);
  const outcome: ComposeOutcome = await readCompose(requestOf(context), diskReader(context.io));
  const { document, report } = outcome;
  if (!document) {
    await sayFindings(context, outcome.findings);
    return null;
  }
  const name = context.flags.text("app") ?? String(document.value.name);
  const { input, findings } = translate(document, { app: name });
  const all = [...outcome.findings, ...findings];
  await sayFindings(context, all);
  for (const key of report) await context.say(reportLine(key));
  return all.some(({ level }) => level === "error") ? null : { name, input, document, report };
}

/** Reads a compose file that a command has made, and prints which keys of it are not honoured. */
export async function sayReport(context: Context, text: string, variables: readonly string[]): Promise<void> {
  const { readCompose } = await import("../../../compose/read-compose.ts");
  const bytes = new TextEncoder().encode(text);
  // Files and variables that the user must still write stand for themselves: only the keys count.
  const read = async (path: string) => ({ found: true as const, bytes: path === "-" ? bytes : new Uint8Array() });
  const env = Object.fromEntries(variables.map((name) => [name, ""]));
  const { report } = await readCompose({ files: ["-"], profiles: [], envFiles: [], env, cwd: "/" }, { read });
  for (const key of report) await context.say(reportLine(key));
}

/** True when the report forbids to go on: a key is refused, or with `strict` ignored. */
export function isRefused(report: readonly KeyReport[], strict: boolean): boolean {
  return report.some(({ says }) => says === "refused" || (strict && says === "ignored"));
}

/** Throws a Failure when the report forbids to go on. `done`: "sent" or "planned". */
export function refuseKeys({ flags }: Context, { report }: ComposeApp, done: string): void {
  const strict = flags.has("strict");
  if (!isRefused(report, strict)) return;
  const what = strict ? "ignored or refused" : "refused";
  throw new Failure(`the files have keys that are ${what}, so nothing was ${done}`, "Each is named above.");
}

/** --resolve */
export function resolveOf({ flags }: Context): "always" | "changed" | "never" {
  return flags.text("resolve") as "always" | "changed" | "never";
}

/** The request for a plan of the app. */
export function planBody(context: Context, { name, input }: ComposeApp): PlanBody {
  return { putApp: { name, ...input }, resolve: resolveOf(context) };
}

async function sayFindings(context: Context, findings: readonly Finding[]): Promise<void> {
  const { findingText } = await import("../../../compose/findings.ts");
  for (const finding of findings.slice(0, maxFindings)) await context.say(findingText(finding));
  if (findings.length > maxFindings) await context.say(`... and ${findings.length - maxFindings} more`);
}

/** "compose.yaml:4:5: ignored: services.web.annotations: They are ... Use labels." */
function reportLine({ says, place, what, because, instead }: KeyReport): string {
  return `${place.file}:${place.line}:${place.column}: ${says}: ${what}: ${because} ${instead}`.trimEnd();
}

function requestOf(context: Context): ComposeRequest {
  return {
    files: context.flags.texts("file"),
    profiles: context.flags.texts("profile"),
    envFiles: context.flags.texts("env-file"),
    env: context.io.env,
    cwd: workingFolder(context.io),
  };
}

function workingFolder(io: Io): string {
  try {
    return io.cwd();
  } catch (error) {
    throw new Failure(`the working folder cannot be read: ${fileErrorMeaning(error)}`, "Change to another folder.");
  }
}

function diskReader(io: Io): Reader {
  return {
    async read(path) {
      try {
        return { found: true, bytes: await io.readBytes(path === "-" ? null : path) };
      } catch (error) {
        const isMissing = (error as { code?: string }).code === "ENOENT";
        return { found: false, why: isMissing ? null : fileErrorMeaning(error) };
      }
    },
  };
}
