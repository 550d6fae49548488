// The completion script for a shell, made from the command table.

import type { Command, CommandGroup } from "../command.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { completionPoints } from "./points.ts";
import { zshScript } from "./zsh.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function completionScript(shell: keyof typeof scripts, commands: readonly (Command | CommandGroup)[]): string {
  return scripts[shell](completionPoints(commands));
}
