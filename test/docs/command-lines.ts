// Finds the commands of Podling that a document names, and parses them as the command line does.

import { type Command, isGroup } from "../../src/cli/command/command.ts";
import { UsageError } from "../../src/cli/command/failure.ts";
import { parseLine } from "../../src/cli/command/parse.ts";
import { commandTable } from "../../src/cli/commands/index.ts";
import { shellWords } from "./curl.ts";

/** The commands in code, in blocks or within a sentence: "podling ps -a". Generated parts are left out. */
export function podlingLines(markdown: string): string[] {
  const text = markdown.replace(/<!-- made from the code[\s\S]*?<!-- end -->/g, "").replaceAll("\\\n", " ");
  const blocks = [...text.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1]!.split("\n"));
  const typed = blocks.map((line) => /^(?:\$ )?(?:sudo (?:[A-Z_]+=\S+ )?)?(podling .*)$/.exec(line)?.[1] ?? "");
  const sentences = text.replace(/```[\s\S]*?```/g, "");
  const named = [...sentences.matchAll(/`(?:sudo (?:[A-Z_]+=\S+ )?)?(podling [^`]+)`/g)].map((match) => match[1]!);
  const lines = [...typed, ...named].flatMap((line) => [line, ...[...line.matchAll(/\$\((.*)\)/g)].map((m) => m[1]!)]);
  return lines
    .map((line) => line.replaceAll("\\|", "|").replace(/\$\(.*\)/g, "WORD"))
    .flatMap((line) => line.split(/ (?:\||&&|&|#|2?>|<) ?/))
    .map((line) => line.replace(/ [\d&]*>\S*| &$/g, "").trim())
    .filter((line) => line.startsWith("podling "));
}

/** Why the command line would refuse this line; null if it would not. Words that a sentence leaves out may be missing. */
export async function faultOf(line: string): Promise<string | null> {
  const [, name = "", ...words] = shellWords(line);
  if (name.startsWith("-") || /^[A-Z]+$/.test(name)) return null;
  const found = await commandTable.load(name);
  if (found === null) return `there is no command ${name}`;
  let command: Command = found as Command;
  if (isGroup(found)) {
    const sub = found.commands.find((one) => one.name.split(" ").at(-1) === words[0]);
    if (sub === undefined) return words.length === 0 ? null : `there is no command ${name} ${words[0]}`;
    command = sub;
    words.shift();
  }
  try {
    parseLine(command, words);
    return null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return /\b(is|are) missing\b/.test(error.message) ? null : error.message;
  }
}
