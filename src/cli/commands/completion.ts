// podling completion: a script with which a shell completes commands, flags, tasks and nodes.

import { nearest } from "../../lib/nearest-word.ts";
import type { Command, CommandTable } from "../command/command.ts";
import { exitCodes } from "../command/exit-codes.ts";
import { UsageError } from "../command/failure.ts";

const shells = ["bash", "zsh", "fish"] as const;

export function completionCommand(table: CommandTable): Command {
  return {
    name: "completion",
    summary: "Print the completion script for a shell",
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
          `${JSON.stringify(shell)} is not supported`,
          near ? `Did you mean ${near}?` : "Podling supports bash, zsh and fish.",
        );
      }
      const { completionScript } = await import("../command/completion/script.ts");
      await context.out(completionScript(shell as (typeof shells)[number], await table.loadAll()));
      return exitCodes.done;
    },
  };
}
