// podling inspect: tasks as JSON.

import type { TaskView } from "../../../api/views/task.ts";
import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";

export const inspect: Command = {
  name: "inspect",
  summary: "Show task details as JSON",
  usage: "TASK [TASK ...]",
  description: ["Prints an object for one task, and a list for several."],
  arguments: { name: "TASK", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [],
  outputs: ["json", "name"],
  refused: {
    "-f": "its output is JSON: podling inspect TASK | jq -r .status",
    "--format": "its output is JSON: podling inspect TASK | jq -r .status",
    "--type": "podling inspect is for tasks, podling node inspect for nodes",
    "-s": "podling node clean --dry-run shows sizes",
    "--size": "podling node clean --dry-run shows sizes",
  },
  examples: [
    ["podling inspect web", "all details of web"],
    ["podling inspect web | jq -r .containerId", "the container's id"],
  ],
  async run(context) {
    const tasks: TaskView[] = [];
    for (const id of context.words) tasks.push(await context.call("getTask", { id }));
    if (context.output() === "name") await context.out(tasks.map(({ name }) => `${name}\n`).join(""));
    else await context.outJson(tasks.length === 1 ? tasks[0] : tasks);
    return exitCodes.done;
  },
};
