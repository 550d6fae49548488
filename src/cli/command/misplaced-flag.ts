// A flag of a verb that stands before it: podling --image nginx run web. Finds whose it is, and writes the line right.

import { isCommand, loadCommand } from "../commands/index.ts";
import { type Command, isGroup } from "./command.ts";
import { UsageError } from "./failure.ts";
import { flagsOf, type UnknownFlagError } from "./parse.ts";

/** Null: no verb further on in the line has this flag. */
export async function misplacedFlag(argv: readonly string[], unknown: UnknownFlagError): Promise<UsageError | null> {
  const { flag, token } = unknown;
  const from = argv.indexOf(token);
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  for (let at = from + 1; at < end; at++) {
    const verb = await verbAt(argv, at);
    if (!verb || !flagsOf(verb).some(({ long, short }) => flag === `--${long}` || flag === `-${short}`)) continue;
    const after = at + verb.name.split(" ").length;
    // What is printed may be kept in a log: the token is not repeated there.
    const before = argv
      .slice(0, from)
      .map((word, index) => (argv[index - 1] === "--token" ? "TOKEN" : word.replace(/^--token=.*/s, "--token=TOKEN")));
    const right = [...before, verb.name.split(" "), argv.slice(after, end), argv.slice(from, at)].flat();
    const line = [...right, ...argv.slice(end)].map(quoted).join(" ");
    return new UsageError(
      `${flag} is a flag of ${verb.name}, and stands before it`,
      `Flags of a verb go after it: podling ${line}`,
    );
  }
  return null;
}

async function verbAt(argv: readonly string[], at: number): Promise<Command | undefined> {
  const word = argv[at]!;
  if (!isCommand(word)) return undefined;
  const found = await loadCommand(word);
  return isGroup(found) ? found.commands.find(({ name }) => name === `${word} ${argv[at + 1]}`) : found;
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
