// podling help: what there is, and what a verb takes.

import { exitCodes } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { groupHelp, mainHelp, verbHelp } from "../help.ts";
import { nearest } from "../suggest.ts";
import { isGroup, type Verb } from "../verb.ts";
import { isVerb, loadVerb, otherWords, verbNames } from "./index.ts";

export const help: Verb = {
  name: "help",
  summary: "Show what a verb does and takes",
  usage: "[VERB]",
  words: { name: "VERB", min: 0, max: 2, completes: "verbs" },
  flags: [],
  examples: [["podling help run", "all flags of run"]],
  async run(context) {
    const [word, inner] = context.words;
    if (word === undefined) {
      await context.out(await mainHelp());
      return exitCodes.done;
    }
    if (!isVerb(word)) {
      const near = nearest(word, verbNames);
      const other = otherWords[word];
      const hint = other ? `Here it is: ${other}.` : near ? `Did you mean podling help ${near}?` : "See podling help.";
      throw new UsageError(`there is no verb ${JSON.stringify(word)}`, hint);
    }
    const verb = await loadVerb(word);
    const found =
      isGroup(verb) && inner !== undefined ? verb.verbs.find(({ name }) => name === `${word} ${inner}`) : verb;
    if (!found) throw new UsageError(`${word} has no verb ${JSON.stringify(inner)}`, `See podling help ${word}.`);
    await context.out(isGroup(found) ? groupHelp(found) : verbHelp(found));
    return exitCodes.done;
  },
};
