// A flag of a command that stands before the command: podling --image nginx run web. Finds the command that has this
// flag, and proposes the corrected line.

import { type Command, type CommandTable, isGroup } from "./command.ts";
import { UsageError } from "./failure.ts";
import { flagsOf, type UnknownFlagError } from "./parse.ts";
import { shellWord } from "./shell-word.ts";

/** Null if no command further on in the line has this flag. */
export async function misplacedFlag(
  argv: readonly string[],
  unknown: UnknownFlagError,
  table: CommandTable,
): Promise<UsageError | null> {
  const { flag, token } = unknown;
  const from = argv.indexOf(token);
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  for (let at = from + 1; at < end; at++) {
    const command = await commandAt(argv, at, table);
    if (!command || !flagsOf(command).some(({ long, short }) => flag === `--${long}` || flag === `-${short}`)) continue;
    const after = at + command.name.split(" ").length;
    // stderr may be kept in a log, so the token is replaced.
    const before = argv
      .slice(0, from)
      .map((word, index) => (argv[index - 1] === "--token" ? "TOKEN" : word.replace(/^--token=.*/s, "--token=TOKEN")));
    const right = [...before, command.name.split(" "), argv.slice(after, end), argv.slice(from, at)].flat();
    const line = [...right, ...argv.slice(end)].map(shellWord).join(" ");
    return new UsageError(`${flag} is a flag of ${command.name} and must come after it`, `Write: podling ${line}`);
  }
  return null;
}

async function commandAt(argv: readonly string[], at: number, table: CommandTable): Promise<Command | undefined> {
  const found = await table.load(argv[at]!);
  if (found === null) return undefined;
  return isGroup(found) ? found.commands.find(({ name }) => name === `${found.name} ${argv[at + 1]}`) : found;
}
