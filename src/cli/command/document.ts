// docs/CLI.md as text, made from the tables of commands and exit codes. A test compares it with the file.

import { type Command, type CommandGroup, type CommandTable, isGroup } from "./command.ts";
import { exitCodeMeanings } from "./exit-codes.ts";
import { type Flag, globalFlags } from "./flag.ts";
import { flagTitle, flagWords } from "./help.ts";

export async function cliDocument(table: CommandTable): Promise<string> {
  const byName = new Map((await table.loadAll()).map((command) => [command.name, command]));
  const parts = [
    "# The command line",
    "This page is made from the command table in `src/cli/commands/`, and a test compares the two. `podling help COMMAND` shows the same text.",
    "Tasks and nodes can be given by name, by id, or by a unique prefix of the id. Results go to stdout, everything else goes to stderr.",
    "Each request carries the header `Podling-User: USER@HOST` with your user name and the name of this machine. The master records it as the origin of a change. It is declared by the client and not verified.",
  ];
  for (const [title, names] of table.sections) {
    const rows = names.map((name) => `| [\`${name}\`](#podling-${name}) | ${cell(byName.get(name)!.summary)} |`);
    parts.push(`| ${title} | |\n|---|---|\n${rows.join("\n")}`);
  }
  parts.push("## Flags of every command", flagTable(globalFlags));
  parts.push("## Exit codes", `| code | meaning |\n|---|---|\n${exitCodeMeanings.map(codeRow).join("\n")}`);
  for (const [, names] of table.sections) for (const name of names) parts.push(...section(byName.get(name)!));
  return `${parts.join("\n\n")}\n`;
}

function section(command: Command | CommandGroup): string[] {
  if (!isGroup(command)) return commandParts(command, "##");
  const title = `## podling ${command.name}`;
  return [title, `${command.summary}.`, ...command.commands.flatMap((one) => commandParts(one, "###"))];
}

function commandParts(command: Command, level: string): string[] {
  const { name, summary, usage, description = [], flags, outputs, examples } = command;
  const parts = [`${level} podling ${name}`, `${summary}.`];
  parts.push(`\`\`\`\npodling ${`${name} ${usage}`.trimEnd()}\n\`\`\``, ...description);
  if (flags.length > 0) parts.push(flagTable(flags));
  if (outputs)
    parts.push(`Output (\`-o\`): ${outputs.map((one) => `\`${one}\``).join(", ")}; the first is the default.`);
  parts.push(`\`\`\`sh\n${examples.map(([line, what]) => `# ${what}\n${line}`).join("\n")}\n\`\`\``);
  return parts;
}

function flagTable(flags: readonly Flag[]): string {
  return `| flag | |\n|---|---|\n${flags.map((flag) => `| \`${flagTitle(flag)}\` | ${cell(flagWords(flag))} |`).join("\n")}`;
}

function codeRow([code, meaning]: readonly [string, string]): string {
  return `| ${code} | ${cell(meaning)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*");
}
