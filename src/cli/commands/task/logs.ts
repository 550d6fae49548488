// podling logs: the output of a task.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { showLogs } from "./follow-logs.ts";
import { askedLogs, logFlags } from "./log-flags.ts";

const previous = "podling explain TASK shows the last lines of the run before; the log has those of all runs";

export const logs: Command = {
  name: "logs",
  summary: "Show the output of a task",
  usage: "TASK [flags]",
  description: [
    "The container's stdout goes to stdout, and its stderr to stderr. With -f it waits until the task starts, and follows it until it finishes.",
  ],
  arguments: { name: "TASK", min: 1, max: 1, completes: "tasks" },
  flags: [
    ...logFlags,
    {
      long: "container",
      short: "c",
      value: "NAME",
      description: "which container of a task that has several; by default the first",
    },
  ],
  refused: {
    ...{ "-p": previous, "--previous": previous },
    "--until": "cut what is newer, such as podling logs -t TASK | awk '$1 < \"2025-01-19T12:34\"' (times are in UTC)",
    "-l": "one task at a time: podling ps -q -l KEY=VALUE | xargs -n 1 podling logs",
    "--all-containers": "one container at a time: podling logs TASK -c NAME; podling inspect TASK shows their names",
    "--lines": "write -n LINES",
    "--since-time": "write --since TIME",
    "--limit-bytes": "write podling logs TASK | head -c BYTES",
    "--stdout": "stdout goes to stdout: podling logs TASK 2>/dev/null",
    "--stderr": "stderr goes to stderr: podling logs TASK >/dev/null",
    "--details": "podling inspect TASK shows labels and variables",
  },
  examples: [
    ["podling logs -f web", "follow"],
    ["podling logs -n 20 -t web", "the last 20 lines, with times"],
    ["podling logs -c proxy shop", "one container of a task that has several"],
    ["podling logs --since 10m web 2>/dev/null", "only stdout"],
  ],
  async run(context) {
    const [id] = context.words;
    const { subject, options } = await askedLogs(context, () => context.call("getTask", { id: id! }));
    await showLogs(context, subject, { ...options, container: context.flags.text("container") });
    return exitCodes.done;
  },
};
