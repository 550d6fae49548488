// podling completion: what a shell needs to complete verbs, flags, tasks and nodes.

import type { Command } from "../command/command.ts";
import { exitCodes } from "../command/exit-codes.ts";
import { UsageError } from "../command/failure.ts";
import { nearest } from "../command/suggest.ts";
import { loadAllCommands } from "./index.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const completion: Command = {
  name: "completion",
  summary: "Print the completion script of a shell",
  usage: "bash|zsh|fish",
  arguments: { name: "bash|zsh|fish", min: 1, max: 1, completes: shells },
  flags: [],
  examples: [
    ["source <(podling completion bash)", "in ~/.bashrc"],
    ["podling completion zsh > ~/.zfunc/_podling", "in a folder of $fpath"],
    ["podling completion fish > ~/.config/fish/completions/podling.fish", "for fish"],
  ],
  async run(context) {
    const shell = context.words[0]!;
    if (!shells.some((one) => one === shell)) {
      const near = nearest(shell, shells);
      throw new UsageError(
        `there is no completion for ${JSON.stringify(shell)}`,
        near ? `Did you mean ${near}?` : "It has bash, zsh and fish.",
      );
    }
    const { completionScript } = await import("../command/completion/script.ts");
    await context.out(completionScript(shell as (typeof shells)[number], await loadAllCommands()));
    return exitCodes.done;
  },
};
