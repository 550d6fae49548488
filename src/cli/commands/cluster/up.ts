// podling up: a master and a worker in one process; main.ts runs them.

import type { Command } from "../../command/command.ts";
import { upFlags, upSettings } from "./role-flags.ts";

export const up: Command = {
  name: "up",
  summary: "Run a master and a worker in one process",
  usage: "[flags]",
  description: [
    "Starts a cluster on one machine. Other machines join with podling worker. Runs until Ctrl-C or SIGTERM; containers keep running.",
  ],
  flags: upFlags,
  examples: [
    ["podling up", "start a cluster on this machine"],
    ["podling up --port 9000 --worker-port 9001 --data-dir ./data", "start a second one on other ports"],
  ],
  run: async (context) => context.roles.up(await upSettings(context)),
};
