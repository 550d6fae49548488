// The command table as completion needs it: for each point of a command line, the words and flags that can follow.

import { type Command, type CommandGroup, isGroup } from "../command.ts";
import { type Completes, type Flag, globalFlags } from "../flag.ts";
import { flagsOf } from "../parse.ts";

export interface CompletionPoint {
  /** "run", "node cordon"; "" before the command; "node" before its sub-command. */
  path: string;
  summary: string;
  flags: readonly Flag[];
  /** What the words after the command are. */
  words: Completes | null;
  /** The names of the commands that can follow, with their summaries. */
  next: ReadonlyArray<readonly [name: string, summary: string]>;
}

export function completionPoints(commands: readonly (Command | CommandGroup)[]): CompletionPoint[] {
  const top = commands.map(({ name, summary }) => [name, summary] as const);
  const points: CompletionPoint[] = [{ path: "", summary: "", flags: globalFlags, words: null, next: top }];
  for (const command of commands) {
    if (!isGroup(command)) {
      points.push(pointOf(command, command.arguments?.completes === "commands" ? top : []));
      continue;
    }
    const { name, summary } = command;
    const next = command.commands.map((inner) => [inner.name.slice(name.length + 1), inner.summary] as const);
    points.push({ path: name, summary, flags: globalFlags, words: null, next });
    for (const inner of command.commands) points.push(pointOf(inner, []));
  }
  return points;
}

function pointOf(command: Command, next: CompletionPoint["next"]): CompletionPoint {
  const completes = command.arguments?.completes ?? null;
  const flags = flagsOf(command).map((flag) =>
    flag.long === "output" && command.outputs ? { ...flag, choices: command.outputs } : flag,
  );
  return {
    path: command.name,
    summary: command.summary,
    flags,
    words: completes === "commands" ? null : completes,
    next,
  };
}

/** The possible values of a flag. Null if it takes any value. */
export function valuesOf({ choices, completes }: Flag): Completes | null {
  return choices ?? completes ?? null;
}

/** The words of a flag as they are typed: "-p", "--publish". */
export function spellings({ long, short }: Flag): string[] {
  return short === undefined ? [`--${long}`] : [`-${short}`, `--${long}`];
}

/** The command that lists the names of a kind, one a line, without `-o name`. */
export const lists: Readonly<Record<string, string>> = {
  tasks: "ps -a",
  nodes: "nodes",
  contexts: "context ls",
  volumes: "volume ls",
  secrets: "secret ls",
  configs: "config ls",
  services: "service ls",
  apps: "ls",
  jobs: "job ls",
  schedules: "job ls --kind schedule",
};

/** The command line that lists the names that complete a word; null if another one does. */
export function listOf(completes: Completes | null): string | null {
  return typeof completes === "string" ? (lists[completes] ?? null) : null;
}

/** Prints the images in the output of `podling ps -o json`, one a line. */
export const imagesOfJson = `sed -n 's/^    "image": "\\(.*\\)",*$/\\1/p' | sort -u`;
