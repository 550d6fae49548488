// podling up: a master and a worker in one process; main.ts runs them.

import type { Command } from "../../command/command.ts";
import { refusedServerFlags, upFlags, upSettings } from "./role-flags.ts";

export const up: Command = {
  name: "up",
  summary: "Run a master and a worker in one process",
  usage: "[flags]",
  description: [
    "Starts a cluster on one machine. Other machines join with podling worker. Runs until Ctrl-C or SIGTERM; containers keep running.",
    "On a terminal it says what to type next and shows what becomes of tasks and nodes; -v shows its whole log. In a pipe, or as a service, it writes a log.",
  ],
  flags: upFlags,
  refused: refusedServerFlags,
  examples: [
    ["podling up", "start a cluster on this machine"],
    ["podling up --port 9000 --worker-port 9001 --data-dir ./data", "start a second one on other ports"],
  ],
  async run(context) {
    const settings = await upSettings(context);
    if (!context.io.stderr.isTty) return context.roles.up(settings, null);
    // Loaded here, because help does not need the client.
    const { Screen } = await import("./up-screen.ts");
    return context.roles.up(settings, new Screen(context, settings));
  },
};
