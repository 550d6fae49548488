// What a verb is, as data: parsing, help, completion and docs/CLI.md all come from it.

import type { Context } from "./context.ts";

export interface Flag {
  long: string;
  short?: string;
  /** What its value is called in help; left out: a switch. */
  value?: string;
  description: string;
  repeatable?: boolean;
  /** Shown in help, and used where the flag is not given. */
  default?: string;
  /** The values it takes. */
  choices?: readonly string[];
  /** The environment variable that stands in for it. */
  env?: string;
  completes?: Completes;
}

/** What completion offers for a word. */
export type Completes = "tasks" | "nodes" | "files" | "folders" | "verbs" | readonly string[];

/** The words after a verb's name. */
export interface Arguments {
  /** As help shows one: "TASK". */
  name: string;
  min: number;
  max: number;
  completes?: Completes;
}

export const outputFormats = ["table", "wide", "json", "name"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface Command {
  name: string;
  summary: string;
  /** After `podling NAME`: "TASK [TASK ...] [flags]". */
  usage: string;
  /** Paragraphs for help, beneath the summary. */
  description?: readonly string[];
  arguments?: Arguments;
  /** Everything after `--` is kept apart for it: the container's command. */
  takesCommand?: boolean;
  flags: readonly Flag[];
  /** What -o may ask for; the first is the default. */
  outputs?: readonly OutputFormat[];
  /** What people type who know another tool, and what to do here instead. */
  refused?: Readonly<Record<string, string>>;
  examples: ReadonlyArray<readonly [command: string, what: string]>;
  run(context: Context): Promise<number>;
}

/** A verb of verbs: `podling node cordon`. */
export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly Command[];
}

export function isGroup(verb: Command | CommandGroup): verb is CommandGroup {
  return "commands" in verb;
}

export const globalFlags: readonly Flag[] = [
  {
    long: "master",
    value: "URL",
    description: "where the master is",
    default: "http://localhost:8080",
    env: "PODLING_MASTER_URL",
  },
  { long: "token", value: "TOKEN", description: "what the master asks for, where it asks", env: "PODLING_TOKEN" },
  {
    long: "output",
    short: "o",
    value: "FORMAT",
    description: "table, wide, json or name, as the verb allows",
    choices: outputFormats,
  },
  { long: "no-color", description: "no colours; they are only used on a terminal", env: "NO_COLOR" },
  {
    long: "verbose",
    short: "v",
    description: "show requests and timings on stderr; -v only before the verb where the verb has its own -v",
  },
  { long: "help", short: "h", description: "what this verb does" },
];
