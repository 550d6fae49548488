// podling validate: reads compose files and says what is wrong in them, each with file, line and column. Needs no master.

import type { ComposeOutcome, ComposeRequest, KeyReport } from "../../../compose/read-compose.ts";
import type { Reader } from "../../../compose/reader.ts";
import { fileErrorMeaning } from "../../../lib/file-error.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { Io } from "../../command/io.ts";

/** Errors and warnings that are printed: a wrong file may have one for each of its lines. */
const maxFindings = 200;

/** The flags of every command that reads compose files. */
const composeFlags: readonly Flag[] = [
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

export const validate: Command = {
  name: "validate",
  summary: "Check compose files, and show what they resolve to",
  usage: "[flags]",
  description: [
    "Without -f it reads compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml of this folder or the nearest one above it, and compose.override.yaml beside it. Variables come from the environment and from .env in the folder of the first file.",
    "Each error and warning is one line on stderr: file:line:column, what, why, and what to write instead. Keys that Podling does not honour follow, each with what becomes of it: docs/COMPOSE.md has all of them. The exit code is 0 when the files have no error, and no key that Podling refuses.",
    "-o json prints the document with includes, extends, variables and short forms resolved, and all values of variables in it, secret ones as well.",
    "Podling cannot run compose files yet: this command only reads them.",
  ],
  flags: [...composeFlags, { long: "strict", description: "also fail for keys that Podling ignores" }],
  outputs: ["table", "json"],
  examples: [
    ["podling validate", "compose.yaml of this folder"],
    ["podling validate -f compose.yaml -f compose.prod.yaml", "two files, merged"],
    ["podling validate -f compose.yaml --profile debug -o json", "the resolved document"],
  ],
  async run(context) {
    const { document, report } = await readFiles(context);
    if (!document) return exitCodes.error;
    for (const key of report) await context.say(reportLine(key));
    if (context.output() === "json") await context.outJson(document.value);
    else await context.out(`${summaryOf(document.value, report)}\n`);
    const failing = context.flags.has("strict") ? ["refused", "ignored"] : ["refused"];
    return report.some(({ says }) => failing.includes(says)) ? exitCodes.error : exitCodes.done;
  },
};

/** Reads the files of the flags, and prints errors and warnings to stderr. */
async function readFiles(context: Context): Promise<ComposeOutcome> {
  // Loaded here, because the parser of YAML is large.
  const [{ readCompose }, { findingText }] = await Promise.all([
    import("../../../compose/read-compose.ts"),
    import("../../../compose/findings.ts"),
  ]);
  const request: ComposeRequest = {
    files: context.flags.texts("file"),
    profiles: context.flags.texts("profile"),
    envFiles: context.flags.texts("env-file"),
    env: context.io.env,
    cwd: workingFolder(context.io),
  };
  const outcome = await readCompose(request, diskReader(context.io));
  const { findings } = outcome;
  for (const finding of findings.slice(0, maxFindings)) await context.say(findingText(finding));
  if (findings.length > maxFindings) await context.say(`... and ${findings.length - maxFindings} more`);
  return outcome;
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

/** "compose.yaml:4:5: ignored: services.web.annotations: They are ... Use labels." */
function reportLine({ says, place, what, because, instead }: KeyReport): string {
  return `${place.file}:${place.line}:${place.column}: ${says}: ${what}: ${because} ${instead}`.trimEnd();
}

/** "shop: 2 services, 1 volume; no errors, 1 key changed, 2 ignored" */
function summaryOf(value: Record<string, unknown>, report: readonly KeyReport[]): string {
  const counts = ["services", "networks", "volumes", "configs", "secrets"].flatMap((kind) => {
    const count = Object.keys((value[kind] as object | undefined) ?? {}).length;
    if (count === 0 && kind !== "services") return [];
    return [`${count} ${count === 1 ? kind.slice(0, -1) : kind}`];
  });
  const keys = (["changed", "ignored", "refused"] as const).flatMap((answer) => {
    const count = report.filter(({ says }) => says === answer).length;
    return count === 0 ? [] : [`${count} ${answer}`];
  });
  const answers = keys.length === 0 ? "" : `; keys: ${keys.join(", ")}`;
  return `${String(value.name)}: ${counts.join(", ")}; no errors${answers}`;
}
