// docs/CLI.md as text, from the tables of verbs and exit codes. A test holds the file against it.

import { commandSections } from "../commands/index.ts";
import { type Command, type CommandGroup, type Flag, globalFlags, isGroup } from "./command.ts";
import { exitCodeMeanings } from "./exit-codes.ts";
import { flagTitle, flagWords } from "./help.ts";

export function cliDocument(verbs: readonly (Command | CommandGroup)[]): string {
  const byName = new Map(verbs.map((verb) => [verb.name, verb]));
  const parts = [
    "# The command line",
    "Made from the table of verbs in `src/cli/commands/`; a test holds it against them. `podling help VERB` says the same.",
    "A task or node is named by its name, its id, or a unique beginning of it. Answers are on stdout, everything else on stderr.",
  ];
  for (const [title, names] of commandSections) {
    const rows = names.map((name) => `| [\`${name}\`](#podling-${name}) | ${cell(byName.get(name)!.summary)} |`);
    parts.push(`| ${title} | |\n|---|---|\n${rows.join("\n")}`);
  }
  parts.push("## Flags of every verb", flagTable(globalFlags));
  parts.push("## Exit codes", `| code | meaning |\n|---|---|\n${exitCodeMeanings.map(codeRow).join("\n")}`);
  for (const [, names] of commandSections) for (const name of names) parts.push(...section(byName.get(name)!));
  return `${parts.join("\n\n")}\n`;
}

function section(verb: Command | CommandGroup): string[] {
  const title = `## podling ${verb.name}`;
  if (isGroup(verb)) return [title, `${verb.summary}.`, ...verb.commands.flatMap((one) => verbParts(one, "###"))];
  return verbParts(verb, "##");
}

function verbParts(verb: Command, level: string): string[] {
  const parts = [`${level} podling ${verb.name}`, `${verb.summary}.`];
  parts.push(`\`\`\`\npodling ${`${verb.name} ${verb.usage}`.trimEnd()}\n\`\`\``, ...(verb.description ?? []));
  if (verb.flags.length > 0) parts.push(flagTable(verb.flags));
  if (verb.outputs)
    parts.push(`Output (\`-o\`): ${verb.outputs.map((one) => `\`${one}\``).join(", ")}; the first is the default.`);
  parts.push(`\`\`\`sh\n${verb.examples.map(([command, what]) => `# ${what}\n${command}`).join("\n")}\n\`\`\``);
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
