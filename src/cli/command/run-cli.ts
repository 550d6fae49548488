// The entrance of the command line: finds the command, reads its flags, runs it, and turns every way of ending into an
// exit code and a sentence. It does none of a command's work.

import { nearest } from "../../lib/nearest-word.ts";
import { commandTable } from "../commands/index.ts";
import { oneLine } from "../render/style.ts";
import { type Command, type CommandGroup, isGroup } from "./command.ts";
import { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { Failure, UsageError, writeError } from "./failure.ts";
import { inContainer } from "./in-container.ts";
import { BrokenPipeError, type Io } from "./io.ts";
import { misplacedFlag } from "./misplaced-flag.ts";
import { parseLine, splitCommand, UnknownFlagError } from "./parse.ts";
import type { Roles } from "./roles.ts";

/** `argv` without the program's own name. Resolves with the exit code; never throws. */
export async function runCli(argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  try {
    return await dispatch(argv, io, roles);
  } catch (error) {
    return report(error, io);
  }
}

async function dispatch(argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  if (argv[0] === "--version" || argv[0] === "-V") return dispatch(["version", "--client"], io, roles);
  const { word, rest } = await firstWord(argv);
  // Without a command the help is the result, as for docker and kubectl.
  if (word === undefined && !rest.includes("--")) {
    const { mainHelp } = await import("./help.ts");
    await io.stdout.write(await mainHelp(commandTable));
    return exitCodes.done;
  }
  if (word === undefined) throw new UsageError("unexpected -- before the command", "Usage: podling COMMAND [flags]");
  const found = await commandTable.load(word);
  if (found === null) {
    throw (await inContainer(word, rest, io, roles)) ?? unknownCommand(word, commandTable.names, "", rest[0]);
  }
  return isGroup(found) ? dispatchGroup(found, rest, io, roles) : runCommand(found, rest, io, roles);
}

async function dispatchGroup(group: CommandGroup, argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  const { name: groupName, commands } = group;
  const { word, rest } = splitCommand(argv, groupName);
  const command = commands.find(({ name }) => name === `${groupName} ${word}`);
  if (command) return runCommand(command, rest, io, roles);
  if (word === undefined && !rest.includes("--")) {
    const { groupHelp } = await import("./help.ts");
    await io.stdout.write(groupHelp(group));
    return exitCodes.done;
  }
  const names = commands.map(({ name }) => name.slice(groupName.length + 1));
  if (word !== undefined) throw unknownCommand(word, names, groupName);
  throw new UsageError("unexpected -- before the command", `Usage: podling ${groupName} COMMAND [flags]`);
}

async function firstWord(argv: readonly string[]): Promise<ReturnType<typeof splitCommand>> {
  try {
    return splitCommand(argv, "podling");
  } catch (error) {
    if (error instanceof UnknownFlagError) throw (await misplacedFlag(argv, error, commandTable)) ?? error;
    throw error;
  }
}

async function runCommand(command: Command, argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  const { flags, words, containerCommand } = parseLine(command, argv);
  if (flags.has("help")) {
    const { commandHelp } = await import("./help.ts");
    await io.stdout.write(commandHelp(command));
    return exitCodes.done;
  }
  const defaultOutput = command.outputs?.[0] ?? "table";
  const { name: commandName } = command;
  return command.run(new Context({ commandName, io, roles, flags, words, containerCommand, defaultOutput }));
}

/** `group`: the words before, such as "node"; "" for none. `next`: the word after. */
function unknownCommand(word: string, names: readonly string[], group: string, next = ""): UsageError {
  const path = (name: string) => `${group} ${name}`.trim();
  const message = `${`podling ${group}`.trim()} has no command ${JSON.stringify(word)}`;
  const { otherWords, harmless } = commandTable;
  const other = otherWords.get(`${path(word)} ${next}`) ?? afterPrefix(word, next, names, group);
  if (other) return new UsageError(message, `${other}.`);
  const near = nearest(word, names);
  const proposed = near !== undefined && harmless.includes(path(near)) ? path(near) : undefined;
  const help = group === "" ? "See podling help." : `See podling help ${group}.`;
  return new UsageError(message, proposed === undefined ? help : `Did you mean podling ${proposed}?`);
}

/** `docker container rm` is `podling rm`; `docker container exec` is answered as exec is. */
function afterPrefix(word: string, next: string, names: readonly string[], group: string): string | undefined {
  const { otherWords, prefixes } = commandTable;
  if (group !== "" || !prefixes.has(word)) return otherWords.get(`${group} ${word}`.trim());
  return names.includes(next) ? `Use podling ${next}` : (otherWords.get(next) ?? otherWords.get(word));
}

async function report(error: unknown, io: Io): Promise<number> {
  // The reader of the output has closed the pipe, as head does: not an error.
  if (error instanceof BrokenPipeError) return exitCodes.done;
  try {
    if (error instanceof Failure) {
      await writeError(io.stderr, error.message, error.hint);
      return error.exitCode;
    }
    const { stack, message } = error as Error;
    const lines = (stack ?? message).split("\n").map(oneLine);
    await io.stderr.write(`error: a bug in podling: ${lines.join("\n")}\n`);
  } catch {
    // stderr is closed, too.
  }
  return exitCodes.error;
}
