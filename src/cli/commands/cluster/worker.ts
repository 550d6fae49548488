// podling worker: turns its flags into settings; main.ts runs the worker.

import type { Command } from "../../command/command.ts";
import { refusedServerFlags, workerFlags, workerSettings } from "./role-flags.ts";

export const worker: Command = {
  name: "worker",
  summary: "Run a worker, which runs tasks on this machine",
  usage: "[--master URL] [flags]",
  description: [
    "Runs until Ctrl-C or SIGTERM. Containers keep running when the worker stops, and it adopts them when it starts again.",
  ],
  flags: workerFlags,
  oneDash: true,
  refused: {
    ...refusedServerFlags,
    "--heartbeat-interval": "the master says when the next heartbeat is due",
    "--shutdown-timeout":
      "containers keep running when the worker stops; with --drain-on-exit each has its own time to stop",
  },
  examples: [
    [
      "podling worker --master http://10.0.0.1:8080 --host 0.0.0.0 --token-file token",
      "join a cluster from another machine",
    ],
  ],
  run: async (context) => context.roles.worker(await workerSettings(context)),
};
