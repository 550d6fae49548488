// Help as text, from the tables of verbs and flags.

import { commandSections, loadCommand } from "../commands/index.ts";
import { type Command, type CommandGroup, type Flag, globalFlags } from "./command.ts";
import { flagsOf } from "./parse.ts";

/** Terminals and pipes alike: text of at most this width. */
const width = 80;

export async function mainHelp(): Promise<string> {
  const parts = [
    wrap("podling runs containers on the machines you have, and can show why they are where they are.", width, ""),
  ];
  parts.push("Usage: podling VERB [flags]\n");
  for (const [title, names] of commandSections) {
    const verbs = await Promise.all(names.map(loadCommand));
    parts.push(`${title}:\n${verbs.map(({ name, summary }) => entry(name, summary, 12)).join("")}`);
  }
  parts.push(`Flags of every verb:\n${flagList(globalFlags)}`);
  parts.push(
    wrap(
      "podling help VERB says more. A task or node is named by its name, its id, or a unique beginning of it.",
      width,
      "",
    ),
  );
  return parts.join("\n");
}

export function groupHelp({ name, summary, commands }: CommandGroup): string {
  const list = commands.map((verb) => entry(verb.name.slice(name.length + 1), verb.summary, 12)).join("");
  return `${summary}.\n\nUsage: podling ${name} VERB NODE [flags]\n\nVerbs:\n${list}\npodling help ${name} VERB says more.\n`;
}

export function commandHelp(verb: Command): string {
  const parts = [
    wrap(`${verb.summary}.`, width, ""),
    ...(verb.description ?? []).map((paragraph) => wrap(paragraph, width, "")),
  ];
  parts.push(`Usage: podling ${verb.name} ${verb.usage}`.trimEnd() + "\n");
  if (verb.flags.length > 0) parts.push(`Flags:\n${flagList(verb.flags)}`);
  const own = new Set(verb.flags);
  parts.push(
    `Flags of every verb:\n${flagList(
      flagsOf(verb)
        .filter((flag) => !own.has(flag))
        .map(forVerb(verb)),
    )}`,
  );
  if (verb.examples.length > 0) {
    parts.push(`Examples:\n${verb.examples.map(([command, what]) => `  # ${what}\n  ${command}\n`).join("")}`);
  }
  return parts.join("\n");
}

/** -o says what this verb has, not what all have together. */
function forVerb(verb: Command): (flag: Flag) => Flag {
  return (flag) => {
    if (flag.long === "output" && verb.outputs) {
      return { ...flag, description: verb.outputs.join(", "), default: verb.outputs[0]! };
    }
    return flag;
  };
}

function flagList(flags: readonly Flag[]): string {
  return flags.map((flag) => entry(flagTitle(flag), flagWords(flag), 24)).join("");
}

/** "-p, --publish PORT" */
export function flagTitle({ short, long, value }: Flag): string {
  return `${short ? `-${short}, ` : ""}--${long}${value ? ` ${value}` : ""}`;
}

/** The description with what completes it: default, environment, repetition. */
export function flagWords({ description, default: byDefault, env, repeatable }: Flag): string {
  const more = [
    ...(byDefault === undefined ? [] : [`default ${byDefault}`]),
    ...(env === undefined ? [] : [`or ${env}`]),
    ...(repeatable ? ["may be repeated"] : []),
  ];
  return more.length === 0 ? description : `${description} (${more.join(", ")})`;
}

function entry(left: string, right: string, column: number): string {
  const indent = " ".repeat(column + 4);
  const words = wrap(right, width, indent).slice(indent.length);
  return left.length > column ? `  ${left}\n${indent}${words}` : `  ${left.padEnd(column)}  ${words}`;
}

export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && indent.length + current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else current += current === "" ? word : ` ${word}`;
  }
  lines.push(current);
  return lines.map((one) => `${indent}${one}\n`).join("");
}
