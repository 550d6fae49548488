// podling master: turns its flags into settings; main.ts runs the master.

import type { Command } from "../../command/command.ts";
import { masterFlags, masterSettings, refusedServerFlags } from "./role-flags.ts";

export const master: Command = {
  name: "master",
  summary: "Run a master: the API, the scheduler and the journal",
  usage: "[flags]",
  description: ["Runs until Ctrl-C or SIGTERM. Tasks keep running on their nodes while the master is stopped."],
  flags: masterFlags,
  refused: refusedServerFlags,
  examples: [
    ["podling master", "reachable from this machine only"],
    ["PODLING_TOKEN=secret podling master --host 0.0.0.0", "reachable from other machines"],
  ],
  run: async (context) => context.roles.master(await masterSettings(context)),
};
