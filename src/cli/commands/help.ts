// podling help: the list of commands, or the help of one.

import { nearest } from "../../lib/nearest-word.ts";
import { type Command, type CommandTable, isGroup } from "../command/command.ts";
import { exitCodes } from "../command/exit-codes.ts";
import { UsageError } from "../command/failure.ts";
import { commandHelp, flagsHelp, groupHelp, mainHelp } from "../command/help.ts";

export function helpCommand(table: CommandTable): Command {
  return {
    name: "help",
    summary: "Show the help of a command",
    usage: "[COMMAND]",
    arguments: { name: "COMMAND", min: 0, max: 2, completes: "commands" },
    flags: [],
    examples: [
      ["podling help run", "all flags of run"],
      ["podling help flags", "the flags that every command has"],
    ],
    async run(context) {
      const [word, inner] = context.words;
      if (word === "flags" && inner === undefined) {
        await context.out(flagsHelp());
        return exitCodes.done;
      }
      await context.out(word === undefined ? await mainHelp(table) : await helpOf(table, word, inner));
      return exitCodes.done;
    },
  };
}

async function helpOf(table: CommandTable, word: string, inner: string | undefined): Promise<string> {
  const command = await table.load(word);
  if (command === null) {
    const near = nearest(word, table.names);
    const other = table.otherWords.get(word);
    const hint = other ? `${other}.` : near ? `Did you mean podling help ${near}?` : "See podling help.";
    throw new UsageError(`there is no command ${JSON.stringify(word)}`, hint);
  }
  if (!isGroup(command)) return commandHelp(command);
  if (inner === undefined) return groupHelp(command);
  const found = command.commands.find(({ name }) => name === `${word} ${inner}`);
  if (!found) throw new UsageError(`${word} has no command ${JSON.stringify(inner)}`, `See podling help ${word}.`);
  return commandHelp(found);
}
