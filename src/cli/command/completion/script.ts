// The completion script of a shell, from the table of verbs.

import type { Command, CommandGroup } from "../command.ts";
import { bashScript } from "./bash.ts";
import { commandsOf } from "./commands.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function completionScript(shell: keyof typeof scripts, verbs: readonly (Command | CommandGroup)[]): string {
  return scripts[shell](commandsOf(verbs));
}
