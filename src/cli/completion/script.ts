// The completion script of a shell, from the table of verbs.

import type { Verb, VerbGroup } from "../verb.ts";
import { bashScript } from "./bash.ts";
import { commandsOf } from "./commands.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function completionScript(shell: keyof typeof scripts, verbs: readonly (Verb | VerbGroup)[]): string {
  return scripts[shell](commandsOf(verbs));
}
