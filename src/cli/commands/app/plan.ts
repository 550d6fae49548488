// podling plan: what podling apply of the same files would do.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { dryRun } from "../plan/dry-run.ts";
import { appFlags } from "./app-flags.ts";
import { planBody, readApp, refuseKeys } from "./compose-files.ts";

export const plan: Command = {
  name: "plan",
  summary: "Show what podling apply of compose files would do, and where everything would run",
  usage: "[flags]",
  description: [
    "Reads compose files as podling apply does, and tries them on a copy of the cluster: each service that changes and how, the tasks that come to each node (+), leave it (-) or are replaced there (~), what would wait and why, and about how long it takes. Nothing is changed.",
    "The exit code is 0 if there is nothing to do, 2 if something would change, and 1 for an error. -o json prints the whole plan; podling apply --plan FILE carries out the files only if they still do what it says.",
  ],
  flags: appFlags,
  outputs: ["table", "json"],
  examples: [
    ["podling plan", "compose.yaml of this folder"],
    ["podling plan -f compose.yaml -o json >plan.json", "for podling apply -f compose.yaml --plan plan.json -y"],
  ],
  async run(context) {
    const app = await readApp(context);
    if (!app) return exitCodes.error;
    refuseKeys(context, app, "planned");
    return dryRun(context, [planBody(context, app)]);
  },
};
