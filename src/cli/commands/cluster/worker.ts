// podling worker: reads its flags; what it then does is handed in.

import type { Command } from "../../command/command.ts";
import { workerFlags, workerSettings } from "./role-flags.ts";

export const worker: Command = {
  name: "worker",
  summary: "Be a worker: run tasks on this machine's engine",
  usage: "--master URL [flags]",
  description: [
    "Runs until Ctrl-C or SIGTERM. Its containers go on running, and it finds them again when it comes back.",
  ],
  flags: workerFlags,
  examples: [
    [
      "podling worker --master http://10.0.0.1:8080 --host 0.0.0.0 --token secret --label disk=ssd",
      "a second machine joins",
    ],
  ],
  run: (context) => context.roles.worker(workerSettings(context)),
};
