// What a command is, as data: parsing, help, completion and docs/CLI.md are all made from it.

import type { Context } from "./context.ts";
import type { Completes, Flag, OutputFormat } from "./flag.ts";

/** The words after a command's name. */
export interface Arguments {
  /** As help shows one: "TASK". */
  name: string;
  min: number;
  max: number;
  completes?: Completes;
}

export interface Command {
  name: string;
  summary: string;
  /** After `podling NAME`: "TASK [TASK ...] [flags]". */
  usage: string;
  /** Paragraphs for help, below the summary. */
  description?: readonly string[];
  arguments?: Arguments;
  /** True when the words after `--` are the container's command, which is kept apart. */
  takesContainerCommand?: boolean;
  /**
   * The flag that gives the image, for a command whose first word is the image, as docker's, when this flag does not come before
   * a second word or `--`. All that follows that word is then the container's command, with its flags.
   */
  imageFlag?: Flag;
  /** A flag in the place of `imageFlag`, for what has no image: with it the first word is the name, too. */
  imagelessFlag?: Flag;
  flags: readonly Flag[];
  /** True when long flags may have one dash, as programs in Go have them: -hostname n1. */
  oneDash?: boolean;
  /** The formats that -o accepts; the first is the default. */
  outputs?: readonly OutputFormat[];
  /** Flags of other tools that Podling does not have, each with what to do instead. */
  refused?: Readonly<Record<string, string>>;
  examples: ReadonlyArray<readonly [command: string, what: string]>;
  run(context: Context): Promise<number>;
}

/** A command with sub-commands: `podling node cordon`. */
export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly Command[];
}

export function isGroup(command: Command | CommandGroup): command is CommandGroup {
  return "commands" in command;
}

/** All commands by name. A command's module is loaded when it is needed, which keeps the start short. */
export interface CommandTable {
  /** In the order of help. */
  readonly names: readonly string[];
  /** The sections of `podling help` and docs/CLI.md. */
  readonly sections: ReadonlyArray<readonly [title: string, names: readonly string[]]>;
  /** Commands of other tools, by the words after `podling`, each with what to type here. */
  readonly otherWords: ReadonlyMap<string, string>;
  /** Words that other tools write before a command: `docker container rm`. */
  readonly prefixes: ReadonlySet<string>;
  /** The commands that "did you mean" may propose, with those of groups: "node inspect". */
  readonly harmless: readonly string[];
  /** Null if there is no command of this name. */
  load(name: string): Promise<Command | CommandGroup | null>;
  loadAll(): Promise<(Command | CommandGroup)[]>;
}
