// Help as text, made from the tables of commands and flags.

import { wrap } from "../render/wrap.ts";
import type { Command, CommandGroup, CommandTable } from "./command.ts";
import { type Flag, globalFlags } from "./flag.ts";
import { flagsOf } from "./parse.ts";

/** The width of help, on terminals and in pipes. */
const width = 80;
/** Columns for the names of commands. */
const nameWidth = 12;
/** Columns for flags with their values. */
const flagWidth = 24;

/** The commands come last: a terminal of 24 lines shows the end. */
export async function mainHelp(table: CommandTable): Promise<string> {
  const parts = [
    "Podling runs containers on a cluster of machines and explains its placements.\n",
    "Usage: podling COMMAND [flags]\n",
    wrap(
      `Flags of every command: ${globalFlags.map(flagTitle).join("; ")}. podling help flags describes them.`,
      width,
    ) + wrap("Tasks and nodes can be given by name, by id, or by a unique prefix of the id.", width),
  ];
  const sections: string[] = [];
  for (const [title, names] of table.sections) {
    const commands = await Promise.all(names.map((name) => table.load(name)));
    sections.push(`${title}:\n${commands.map((one) => (one ? entry(one.name, one.summary, nameWidth) : "")).join("")}`);
  }
  parts.push(sections.join(""));
  parts.push(wrap("podling help COMMAND shows the help of a command, such as podling help run.", width));
  return parts.join("\n");
}

/** `podling help flags` */
export function flagsHelp(): string {
  return `Flags of every command:\n${flagList(globalFlags)}`;
}

export function groupHelp({ name, summary, commands }: CommandGroup): string {
  const list = commands.map((one) => entry(one.name.slice(name.length + 1), one.summary, nameWidth)).join("");
  const usage = `Usage: podling ${name} COMMAND [flags]\n\nCommands:\n${list}`;
  return `${summary}.\n\n${usage}\npodling help ${name} COMMAND shows the help of a command.\n`;
}

export function commandHelp(command: Command): string {
  const { name, summary, description = [], usage, examples } = command;
  const own = flagsOf(command).filter((flag) => command.flags.includes(flag) || flag.long === "output");
  const parts = [`${summary}.`, ...description].map((paragraph) => wrap(paragraph, width));
  parts.push(wrap(`Usage: podling ${`${name} ${usage}`.trimEnd()}`, width));
  if (own.length > 0) parts.push(`Flags:\n${flagList(own.map((flag) => withOutputs(flag, command)))}`);
  parts.push(sharedFlags(command));
  if (examples.length > 0) {
    parts.push(`Examples:\n${examples.map(([line, what]) => `  # ${what}\n  ${line}\n`).join("")}`);
  }
  return parts.join("\n");
}

/** For -o: the formats of this command instead of those of all commands. */
function withOutputs(flag: Flag, { outputs }: Command): Flag {
  if (flag.long !== "output" || !outputs) return flag;
  return { ...flag, description: `output format: ${outputs.join(", ")}`, default: outputs[0]! };
}

/** The flags of every command in one sentence: `podling help` describes them. */
function sharedFlags(command: Command): string {
  const own = new Set(command.flags.map(({ long }) => long));
  const titles = flagsOf(command)
    .filter(({ long }) => !own.has(long) && long !== "output")
    .map(flagTitle);
  return wrap(`Flags of every command (see podling help flags): ${titles.join("; ")}.`, width);
}

function flagList(flags: readonly Flag[]): string {
  return flags.map((flag) => entry(flagTitle(flag), flagWords(flag), flagWidth)).join("");
}

/** "-p, --publish PORT" */
export function flagTitle({ short, long, value }: Flag): string {
  return `${short ? `-${short}, ` : ""}--${long}${value ? ` ${value}` : ""}`;
}

/** The description, then the default, the environment variable, and whether the flag may be repeated. */
export function flagWords({ description, default: byDefault, env, repeatable }: Flag): string {
  const more = [
    ...(byDefault === undefined ? [] : [`default ${byDefault}`]),
    ...(env === undefined ? [] : [`or ${env}`]),
    ...(repeatable ? ["repeatable"] : []),
  ];
  return more.length === 0 ? description : `${description} (${more.join(", ")})`;
}

function entry(left: string, right: string, column: number): string {
  const indent = " ".repeat(column + 4);
  const words = wrap(right, width, indent).slice(indent.length);
  return left.length > column ? `  ${left}\n${indent}${words}` : `  ${left.padEnd(column)}  ${words}`;
}
