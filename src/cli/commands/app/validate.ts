// podling validate: reads compose files and says what is wrong in them, each with file, line and column. Needs no master.

import type { KeyReport } from "../../../compose/read-compose.ts";
import type { AppBody } from "../../../model/app/app-input.ts";
import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { composeFlags, isRefused, readApp } from "./compose-files.ts";

export const validate: Command = {
  name: "validate",
  summary: "Check compose files, and show what they resolve to",
  usage: "[flags]",
  description: [
    "Without -f it reads compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml of this folder or the nearest one above it, and compose.override.yaml beside it. Variables come from the environment and from .env in the folder of the first file.",
    "Each error and warning is one line on stderr: file:line:column, what, why, and what to write instead. Keys that Podling does not honour follow, each with what becomes of it: docs/COMPOSE.md has all of them. The exit code is 0 when the files have no error, and no key that Podling refuses.",
    "-o json prints the document with includes, extends, variables and short forms resolved, the app that the master would get, and the report of keys. It has all values of variables, secret ones as well; only the contents of secrets are left out.",
  ],
  flags: [
    ...composeFlags,
    { long: "app", value: "NAME", description: "name of the app, in the place of the name of the files" },
    { long: "strict", description: "also fail for keys that Podling ignores" },
  ],
  outputs: ["table", "json"],
  examples: [
    ["podling validate", "compose.yaml of this folder"],
    ["podling validate -f compose.yaml -f compose.prod.yaml", "two files, merged"],
    ["podling validate -f compose.yaml --profile debug -o json", "the resolved document"],
  ],
  async run(context) {
    const app = await readApp(context);
    if (!app) return exitCodes.error;
    const { report, document, input } = app;
    if (context.output() === "json") await context.outJson({ document: document.value, app: shown(input), report });
    else await context.out(`${summaryOf(app.name, input, report)}\n`);
    return isRefused(report, context.flags.has("strict")) ? exitCodes.error : exitCodes.done;
  },
};

/** The contents of secrets are for the master alone. */
function shown({ secrets = [], ...input }: AppBody): object {
  return { ...input, ...(secrets.length > 0 ? { secrets: secrets.map(({ data: _, ...secret }) => secret) } : {}) };
}

/** "shop: 2 services, 1 volume; no errors, 1 key changed, 2 ignored" */
function summaryOf(name: string, input: AppBody, report: readonly KeyReport[]): string {
  const counts = (["services", "jobs", "schedules", "volumes", "configs", "secrets"] as const).flatMap((kind) => {
    const count = input[kind]?.length ?? 0;
    if (count === 0 && kind !== "services") return [];
    return [`${count} ${count === 1 ? kind.slice(0, -1) : kind}`];
  });
  const keys = (["changed", "ignored", "refused"] as const).flatMap((answer) => {
    const count = report.filter(({ says }) => says === answer).length;
    return count === 0 ? [] : [`${count} ${answer}`];
  });
  const answers = keys.length === 0 ? "" : `; keys: ${keys.join(", ")}`;
  return `${name}: ${counts.join(", ")}; no errors${answers}`;
}
