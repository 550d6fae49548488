// podling ls, and podling app: the apps of the cluster.

import type { Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { appColumns, changeLines, revisionColumns } from "../../render/apps.ts";
import { refusedListFlags } from "../list-flags.ts";
import { finish, oneApp, waitFlags } from "./arguments.ts";

async function list(context: Context): Promise<number> {
  const apps = await context.call("listApps");
  if (context.output() === "json") await context.outJson(apps);
  else if (context.output() === "name" || context.flags.has("quiet"))
    await context.out(apps.map(({ name }) => `${name}\n`).join(""));
  else if (apps.length === 0 && context.io.stdout.isTty)
    await context.err("no apps. Make one of a compose file with: podling apply -f compose.yaml\n");
  else await context.outTable(appColumns(context.masterNow(), context.output() === "wide"), apps);
  return exitCodes.done;
}

const listing = {
  usage: "[flags]",
  description: [
    "SERVICES counts those of which all replicas are ready, JOBS those that have completed. podling ps lists tasks, podling service ls services.",
  ],
  flags: [{ long: "quiet", short: "q", description: "only names, one a line" }],
  outputs: ["table", "wide", "json", "name"],
  run: list,
} as const;

export const ls: Command = {
  ...listing,
  name: "ls",
  summary: "List apps",
  refused: {
    ...refusedListFlags("podling ls", "name"),
    ...{ "-a": "podling ps -a lists all tasks", "--all": "podling ps -a lists all tasks" },
  },
  examples: [["podling ls", "all apps"]],
};

const appLs: Command = {
  ...listing,
  name: "app ls",
  summary: "List apps, as podling ls",
  refused: refusedListFlags("podling app ls", "name"),
  examples: [["podling app ls", "all apps"]],
};

const inspect: Command = {
  name: "app inspect",
  summary: "Show an app as JSON: its members, and how its services and jobs are",
  usage: "APP [flags]",
  arguments: oneApp,
  flags: [{ long: "revision", value: "N", description: "what was applied with this revision, instead" }],
  outputs: ["json", "name"],
  examples: [
    ["podling app inspect shop", "its members"],
    ["podling app inspect shop --revision 3", "what revision 3 said, without contents"],
  ],
  async run(context) {
    const [id] = context.words;
    const number = context.flags.integer("revision", 1, Number.MAX_SAFE_INTEGER);
    const app = await context.call("getApp", { id: id! });
    if (context.output() === "name") await context.out(`${app.name}\n`);
    else if (number === undefined) await context.outJson(app);
    else {
      const revisions = await context.call("listAppRevisions", { id: id! });
      const found = revisions.find((one) => one.number === number);
      if (!found) {
        const kept = revisions.map((one) => one.number).join(", ");
        const message = `the app ${id} has no revision ${number}`;
        throw context.refused({ code: "unprocessable", message, hint: `Its revisions: ${kept}` });
      }
      await context.outJson(found);
    }
    return exitCodes.done;
  },
};

const history: Command = {
  name: "app history",
  summary: "List the revisions of an app",
  usage: "APP [flags]",
  arguments: oneApp,
  flags: [],
  outputs: ["table", "json"],
  examples: [["podling app history shop", "who applied what, and when"]],
  async run(context) {
    const [id] = context.words;
    const app = await context.call("getApp", { id: id! });
    const revisions = await context.call("listAppRevisions", { id: id! });
    if (context.output() === "json") await context.outJson(revisions);
    else await context.outTable(revisionColumns(context.masterNow(), app.revision), revisions);
    return exitCodes.done;
  },
};

const rollback: Command = {
  name: "app rollback",
  summary: "Apply an earlier revision of an app again",
  usage: "APP [flags]",
  description: [
    "The app becomes what the earlier revision says, with the contents of configs and secrets and the image digests of that time, all of it or nothing. This is another revision: podling app history shows it.",
  ],
  arguments: oneApp,
  flags: [{ long: "to", value: "N", description: "number of the revision; by default the one before" }, ...waitFlags],
  outputs: ["table", "json", "name"],
  examples: [
    ["podling app rollback shop", "one revision back"],
    ["podling app rollback shop --to 3", "back to revision 3"],
  ],
  async run(context) {
    const to = context.flags.integer("to", 1, Number.MAX_SAFE_INTEGER);
    const timeoutMs = context.flags.durationMs("timeout")!;
    const [id] = context.words;
    const { name, changes } = await context.call("rollbackApp", {
      ...{ id: id! },
      query: to === undefined ? {} : { to: String(to) },
    });
    for (const line of changeLines(changes)) await context.err(`  ${line}\n`);
    return finish(context, name, timeoutMs, changes);
  },
};

export const app: CommandGroup = {
  name: "app",
  summary: "Apps: what was applied, their history, and the way back",
  commands: [appLs, inspect, history, rollback],
};
