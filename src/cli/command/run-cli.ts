// The command line's one entrance: finds the verb, reads its flags, runs it, and turns every way of ending into an exit
// code and a sentence. It executes no verb itself.

import { commandNames, isCommand, loadCommand, otherWords } from "../commands/index.ts";
import { oneLine } from "../render/style.ts";
import { type Command, isGroup } from "./command.ts";
import { Context, type ContextOptions } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { errorLine, Failure, UsageError } from "./failure.ts";
import { BrokenPipeError, type Io } from "./io.ts";
import { misplacedFlag } from "./misplaced-flag.ts";
import { parseLine, splitCommand, UnknownFlagError } from "./parse.ts";
import type { Roles } from "./roles.ts";
import { nearest } from "./suggest.ts";

/** `argv` without the program's own name. Resolves with the exit code; never throws. */
export async function runCli(argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  try {
    return await dispatch(argv, io, roles);
  } catch (error) {
    return report(error, io);
  }
}

async function dispatch(argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  if (argv[0] === "--version") return dispatch(["version", "--client"], io, roles);
  const { word, rest } = await verbOf(argv);
  if (word === undefined) {
    const { mainHelp } = await import("./help.ts");
    if (rest.some((token) => token === "--help" || token === "-h")) {
      await io.stdout.write(await mainHelp());
      return exitCodes.done;
    }
    await io.stderr.write(await mainHelp());
    return exitCodes.usage;
  }
  if (!isCommand(word)) throw unknownVerb(word, commandNames, "podling");
  const found = await loadCommand(word);
  if (!isGroup(found)) return runVerb(found, rest, io, roles);

  const inner = splitCommand(rest, word);
  const verb = found.commands.find(({ name }) => name === `${word} ${inner.word}`);
  if (verb) return runVerb(verb, inner.rest, io, roles);
  if (inner.word === undefined && inner.rest.some((token) => token === "--help" || token === "-h")) {
    const { groupHelp } = await import("./help.ts");
    await io.stdout.write(groupHelp(found));
    return exitCodes.done;
  }
  const names = found.commands.map(({ name }) => name.slice(word.length + 1));
  if (inner.word === undefined) throw new UsageError(`${word}: the verb is missing`, `It has ${names.join(", ")}.`);
  throw unknownVerb(inner.word, names, `podling ${word}`);
}

async function verbOf(argv: readonly string[]): Promise<ReturnType<typeof splitCommand>> {
  try {
    return splitCommand(argv, "podling");
  } catch (error) {
    if (error instanceof UnknownFlagError) throw (await misplacedFlag(argv, error)) ?? error;
    throw error;
  }
}

async function runVerb(verb: Command, argv: readonly string[], io: Io, roles: Roles): Promise<number> {
  const { flags, words, command } = parseLine(verb, argv);
  if (flags.has("help")) {
    const { commandHelp } = await import("./help.ts");
    await io.stdout.write(commandHelp(verb));
    return exitCodes.done;
  }
  const options: ContextOptions = { io, roles, verb, flags, words, command };
  return verb.run(new Context(options));
}

function unknownVerb(word: string, names: readonly string[], program: string): UsageError {
  const message = `${program} has no verb ${JSON.stringify(word)}`;
  const other = program === "podling" ? otherWords[word] : undefined;
  if (other) return new UsageError(message, `Here it is: ${other}.`);
  const near = nearest(word, names);
  return new UsageError(message, near ? `Did you mean ${program} ${near}?` : `See podling help.`);
}

async function report(error: unknown, io: Io): Promise<number> {
  // Whoever read our output has seen enough: that is no error of anybody's.
  if (error instanceof BrokenPipeError) return exitCodes.done;
  try {
    if (error instanceof Failure) {
      await io.stderr.write(errorLine(error.message, error.hint));
      return error.exitCode;
    }
    const { stack, message } = error as Error;
    const lines = (stack ?? message).split("\n").map(oneLine);
    await io.stderr.write(`error: a bug in podling: ${lines.join("\n")}\n`);
  } catch {
    // Nobody reads stderr either.
  }
  return exitCodes.error;
}
