// What completion needs of the table of verbs: for each place on the line, the words and flags that can come.

import { type Command, type CommandGroup, type Completes, type Flag, globalFlags, isGroup } from "../command.ts";
import { flagsOf } from "../parse.ts";

export interface CompletionPoint {
  /** "run", "node cordon"; "" before there is a verb; "node" where the second word is missing. */
  path: string;
  summary: string;
  flags: readonly Flag[];
  /** What its words are. */
  words: Completes | null;
  /** Names of the verbs that come next, with their summaries. */
  next: ReadonlyArray<readonly [name: string, summary: string]>;
}

export function commandsOf(verbs: readonly (Command | CommandGroup)[]): CompletionPoint[] {
  const top = verbs.map(({ name, summary }) => [name, summary] as const);
  const commands: CompletionPoint[] = [{ path: "", summary: "", flags: globalFlags, words: null, next: top }];
  for (const verb of verbs) {
    if (!isGroup(verb)) {
      commands.push(commandOf(verb, verb.arguments?.completes === "verbs" ? top : []));
      continue;
    }
    const { name, summary } = verb;
    const next = verb.commands.map((inner) => [inner.name.slice(name.length + 1), inner.summary] as const);
    commands.push({ path: name, summary, flags: globalFlags, words: null, next });
    for (const inner of verb.commands) commands.push(commandOf(inner, []));
  }
  return commands;
}

function commandOf(verb: Command, next: CompletionPoint["next"]): CompletionPoint {
  const completes = verb.arguments?.completes ?? null;
  const flags = flagsOf(verb).map((flag) =>
    flag.long === "output" && verb.outputs ? { ...flag, choices: verb.outputs } : flag,
  );
  return { path: verb.name, summary: verb.summary, flags, words: completes === "verbs" ? null : completes, next };
}

/** What a flag's value can be; null: anything. */
export function valuesOf({ choices, completes }: Flag): Completes | null {
  return choices ?? completes ?? null;
}

/** The words of a flag as they are typed: "-p", "--publish". */
export function spellings({ long, short }: Flag): string[] {
  return short === undefined ? [`--${long}`] : [`-${short}`, `--${long}`];
}
