// podling completion: what a shell needs to complete verbs, flags, tasks and nodes.

import { exitCodes } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { nearest } from "../suggest.ts";
import type { Verb } from "../verb.ts";
import { loadAllVerbs } from "./index.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const completion: Verb = {
  name: "completion",
  summary: "Print the completion script of a shell",
  usage: "bash|zsh|fish",
  words: { name: "bash|zsh|fish", min: 1, max: 1, completes: shells },
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
    const { completionScript } = await import("../completion/script.ts");
    await context.out(completionScript(shell as (typeof shells)[number], await loadAllVerbs()));
    return exitCodes.done;
  },
};
