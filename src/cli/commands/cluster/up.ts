// podling up: a master and a worker in one process; what they then do is handed in.

import type { Command } from "../../command/command.ts";
import { upFlags, upSettings } from "./role-flags.ts";

export const up: Command = {
  name: "up",
  summary: "Be a master and a worker in one process",
  usage: "[flags]",
  description: ["The quickest way to a cluster of one machine; others join with podling worker."],
  flags: upFlags,
  examples: [
    ["podling up", "a cluster on this machine"],
    ["podling up --port 9000 --worker-port 9001 --data-dir ./data", "beside another one"],
  ],
  run: (context) => context.roles.up(upSettings(context)),
};
