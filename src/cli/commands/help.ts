// podling help: what there is, and what a verb takes.

import { type Command, isGroup } from "../command/command.ts";
import { exitCodes } from "../command/exit-codes.ts";
import { UsageError } from "../command/failure.ts";
import { commandHelp, groupHelp, mainHelp } from "../command/help.ts";
import { nearest } from "../command/suggest.ts";
import { commandNames, isCommand, loadCommand, otherWords } from "./index.ts";

export const help: Command = {
  name: "help",
  summary: "Show what a verb does and takes",
  usage: "[VERB]",
  arguments: { name: "VERB", min: 0, max: 2, completes: "verbs" },
  flags: [],
  examples: [["podling help run", "all flags of run"]],
  async run(context) {
    const [word, inner] = context.words;
    if (word === undefined) {
      await context.out(await mainHelp());
      return exitCodes.done;
    }
    if (!isCommand(word)) {
      const near = nearest(word, commandNames);
      const other = otherWords[word];
      const hint = other ? `Here it is: ${other}.` : near ? `Did you mean podling help ${near}?` : "See podling help.";
      throw new UsageError(`there is no verb ${JSON.stringify(word)}`, hint);
    }
    const verb = await loadCommand(word);
    const found =
      isGroup(verb) && inner !== undefined ? verb.commands.find(({ name }) => name === `${word} ${inner}`) : verb;
    if (!found) throw new UsageError(`${word} has no verb ${JSON.stringify(inner)}`, `See podling help ${word}.`);
    await context.out(isGroup(found) ? groupHelp(found) : commandHelp(found));
    return exitCodes.done;
  },
};
