// podling master: reads its flags; what it then does is handed in.

import type { Command } from "../../command/command.ts";
import { masterFlags, masterSettings } from "./role-flags.ts";

export const master: Command = {
  name: "master",
  summary: "Be the master: the API, the scheduler and the journal",
  usage: "[flags]",
  description: ["Runs until Ctrl-C or SIGTERM. Tasks go on running on their nodes meanwhile."],
  flags: masterFlags,
  examples: [
    ["podling master", "for this machine alone"],
    ["PODLING_TOKEN=secret podling master --host 0.0.0.0", "for other machines too"],
  ],
  run: (context) => context.roles.master(masterSettings(context)),
};
