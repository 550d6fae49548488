// Parses a command line with the tables of flags, as docker and kubectl do: -p 8080:80, -p8080:80, -dq, --flag=value,
// flags before and after words, and -- as the end of flags. It knows no command by name.

import { nearest } from "../../lib/nearest-word.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./failure.ts";
import { type Flag, globalFlags } from "./flag.ts";
import { FlagValues } from "./flag-values.ts";
import { globalOtherFlags, refusedFlags } from "./other-flags.ts";
import { shellWord } from "./shell-word.ts";

/** A flag that the command, or podling itself, does not have. */
export class UnknownFlagError extends UsageError {
  override name = "UnknownFlagError";
  /** The name alone: --image, -p. */
  readonly flag: string;
  /** The word on the command line: --image=nginx, -p80. */
  readonly token: string;
  constructor(message: string, hint: string, flag: string, token: string) {
    super(message, hint);
    this.flag = flag;
    this.token = token;
  }
}

export interface ParsedLine {
  flags: FlagValues;
  words: string[];
  /** The words after `--`, for a command that takes a container command. Null if there is no `--`. */
  containerCommand: string[] | null;
}

/** The first word that is not a flag, and the line without it. Global flags may come before it. */
export function splitCommand(argv: readonly string[], whose: string): { word: string | undefined; rest: string[] } {
  const before: string[] = [];
  const reader = new FlagReader(globalFlags, whose, whose === "podling" ? globalOtherFlags : {});
  const queue = [...argv];
  while (queue.length > 0) {
    const token = queue[0]!;
    if (token === "--" || !isFlag(token)) break;
    const length = queue.length;
    const tokens = [...queue];
    reader.read(queue, new FlagValues(globalFlags));
    // -v before the command is --verbose. After the command it may be a flag of the command.
    before.push(...tokens.slice(0, length - queue.length).map((one) => (one === "-v" ? "--verbose" : one)));
  }
  if (queue[0] === "--") return { word: undefined, rest: [...before, ...queue] };
  const [word, ...after] = queue;
  return { word, rest: [...before, ...after] };
}

/** The flags of a command with the global ones that it does not replace. */
export function flagsOf(command: Command): Flag[] {
  const refused = Object.keys(command.refused ?? {}).map((name) => name.replace(/^-/, ""));
  const taken = new Set([...command.flags.map(({ short }) => short), ...refused]);
  const own = new Set(command.flags.map(({ long }) => long));
  const shared = globalFlags
    .filter(({ long }) => !own.has(long) && (long !== "output" || command.outputs !== undefined))
    .map((flag) => (flag.short !== undefined && taken.has(flag.short) ? withoutShort(flag) : flag));
  return [...command.flags, ...shared];
}

function withoutShort({ short: _, ...flag }: Flag): Flag {
  return flag;
}

/** Flags and words after the command. The number of words is not checked with --help. */
export function parseLine(command: Command, argv: readonly string[]): ParsedLine {
  const known = flagsOf(command);
  const flags = new FlagValues(known);
  const reader = new FlagReader(known, command.name, refusedFlags(command), command.oneDash);
  const words: string[] = [];
  let containerCommand: string[] | null = null;
  const queue = [...argv];
  while (queue.length > 0) {
    const token = queue[0]!;
    if (token === "--") {
      if (command.takesContainerCommand) containerCommand = queue.slice(1);
      else words.push(...queue.slice(1));
      break;
    }
    if (isFlag(token)) {
      reader.read(queue, flags);
      continue;
    }
    words.push(queue.shift()!);
    // What follows is most likely the container's command: none of it may be taken for a flag, such as -h.
    const isOver = words.length > (command.arguments?.max ?? 0);
    if (command.takesContainerCommand && isOver && !flags.has("help")) throw unmarkedCommand(command, argv, queue);
    const { imageFlag, imagelessFlag } = command;
    if (!imageFlag || words.length > 1 || flags.given(imageFlag.long)) continue;
    if (imagelessFlag && (flags.given(imagelessFlag.long) || givesFlag(queue, imagelessFlag, known))) continue;
    // The short form of the flag counts after the first word only: before it, -i means what it means to docker.
    if (givesFlag(queue, imageFlag, known)) {
      queue.splice(0, queue.length, ...spelledOut(queue, imageFlag));
      continue;
    }
    containerCommand = queue[0] === "--" ? queue.slice(1) : queue;
    break;
  }
  const { imageFlag } = command;
  // -h took the only word: help was asked for, and not a host name.
  if (imageFlag && words.length === 0 && argv.includes("-h") && !flags.given(imageFlag.long))
    flags.add(known.find(({ long }) => long === "help")!, "true");
  if (!flags.has("help")) check(command, flags, words);
  return { flags, words, containerCommand };
}

/** A command for the container without `--` before it. `left`: what comes after its first word. */
function unmarkedCommand({ name }: Command, argv: readonly string[], left: readonly string[]): UsageError {
  const at = argv.length - left.length - 1;
  const line = [...name.split(" "), ...argv.slice(0, at), "--", ...argv.slice(at)].map(shellWord).join(" ");
  return new UsageError(
    `unexpected ${JSON.stringify(argv[at])}: the command of the container comes after --`,
    // stderr may be kept in a log.
    argv.some((word) => word.startsWith("--token")) ? "Write: ... -- COMMAND ARG" : `Write: podling ${line}`,
  );
}

/** True when the flag comes before a word or `--`. Values of known flags are no words. */
function givesFlag(queue: readonly string[], wanted: Flag, known: readonly Flag[]): boolean {
  for (let at = 0; at < queue.length; at++) {
    const token = queue[at]!;
    if (token === "--" || !isFlag(token)) return false;
    const name = token.replace(/=.*/s, "");
    if (name === `--${wanted.long}` || token === `-${wanted.short}`) return true;
    const flag = known.find((one) => isNamed(one, name) || token === `-${one.short}`);
    if (flag?.value !== undefined && name === token) at++;
  }
  return false;
}

/** The first `-i VALUE` as `--image VALUE`: the short form is not a flag of its own. */
function spelledOut(queue: readonly string[], { long, short }: Flag): string[] {
  const at = queue.indexOf(`-${short}`);
  const end = queue.includes("--") ? queue.indexOf("--") : queue.length;
  return at < 0 || at > end ? [...queue] : queue.with(at, `--${long}`);
}

/** `name` with its dashes. */
function isNamed({ long, aliases = [] }: Flag, name: string): boolean {
  return name === `--${long}` || aliases.some((alias) => name === `--${alias}`);
}

function isFlag(token: string): boolean {
  return token.startsWith("-") && token !== "-";
}

function check(command: Command, flags: FlagValues, words: readonly string[]): void {
  const { min, max, name } = command.arguments ?? { min: 0, max: 0, name: "" };
  const usage = `Usage: podling ${command.name} ${command.usage}`.trimEnd();
  if (words.length < min) throw new UsageError(`${command.name}: ${missingWords(name, words.length)}`, usage);
  const unusable = command.arguments && words.find((word) => /^\.{0,2}$/.test(word));
  if (unusable !== undefined)
    throw new UsageError(
      unusable === ""
        ? `${command.name}: an empty word is given for ${name}`
        : `${command.name}: ${unusable} is no ${name}`,
      unusable === "" ? "Is it a variable of the shell that is not set?" : usage,
    );
  if (words.length > max) {
    const extra = words[max]!;
    const why =
      max === 0 ? `${command.name} takes no arguments` : `${command.name} takes ${max === 1 ? "one" : max} ${name}`;
    const next = command.takesContainerCommand ? "The container's command goes after --: ... -- COMMAND ARG." : usage;
    throw new UsageError(`unexpected ${JSON.stringify(extra)}: ${why}`, next);
  }
  const output = command.outputs && flags.text("output");
  if (output !== undefined && !command.outputs!.some((one) => one === output)) {
    throw new UsageError(
      `${command.name} has no output format ${JSON.stringify(output)}`,
      `Its formats are ${command.outputs!.join(", ")}.`,
    );
  }
}

/** Of "NAME and FILE" after one word: "FILE is missing". */
function missingWords(names: string, given: number): string {
  const left = names.split(/, | and /).slice(given);
  if (left.length < 2) return `${left[0] ?? names} is missing`;
  return `${left.slice(0, -1).join(", ")} and ${left.at(-1)} are missing`;
}

/** Values of flags that are never empty: taken for "not given", they would mean another folder, or no token. */
const neverEmpty: ReadonlySet<string> = new Set(["FOLDER", "TOKEN", "ADDRESS", "URL"]);

class FlagReader {
  readonly #known: readonly Flag[];
  readonly #whose: string;
  readonly #refused: Readonly<Record<string, string>>;
  readonly #oneDash: boolean;

  constructor(known: readonly Flag[], whose: string, refused: Readonly<Record<string, string>>, oneDash = false) {
    this.#oneDash = oneDash;
    this.#known = known;
    this.#whose = whose;
    this.#refused = refused;
  }

  /** Takes one token off the queue, and the next one too if that is the value of the flag. */
  read(queue: string[], flags: FlagValues): void {
    const token = queue.shift()!;
    if (token.startsWith("--")) this.#readLong(token, queue, flags);
    else if (this.#oneDash && this.#isLong(`-${token}`)) this.#readLong(`-${token}`, queue, flags);
    else this.#readShorts(token, queue, flags);
  }

  #readLong(token: string, queue: string[], flags: FlagValues): void {
    const equals = token.indexOf("=");
    const name = equals < 0 ? token : token.slice(0, equals);
    const flag = this.#known.find((one) => isNamed(one, name));
    if (!flag) throw this.#unknown(name, name, token);
    if (flag.value === undefined) {
      const value = equals < 0 ? "true" : token.slice(equals + 1);
      if (value !== "true" && value !== "false") {
        throw new UsageError(`${name} is a switch and takes no value; got ${JSON.stringify(value)}`, `Write ${name}.`);
      }
      flags.add(flag, value);
    } else {
      flags.add(flag, this.#checked(flag, equals < 0 ? this.#next(name, flag, queue) : token.slice(equals + 1)));
    }
  }

  /** True for a long flag, also one of other tools, with two dashes; of one letter, it is a short flag. */
  #isLong(token: string): boolean {
    const name = token.replace(/=.*/s, "");
    return name.length > 3 && (name in this.#refused || this.#known.some((flag) => isNamed(flag, name)));
  }

  #readShorts(token: string, queue: string[], flags: FlagValues): void {
    // -detach would parse as -d -e tach; --detach was meant.
    const long = this.#longNames().find((name) => name.length > 1 && `-${name}` === token);
    if (long) throw new UsageError(`${this.#whose} has no flag ${token}`, `Did you mean --${long}?`);
    for (let index = 1; index < token.length; index++) {
      const name = `-${token[index]}`;
      const flag = this.#known.find(({ short }) => short === token[index]);
      if (!flag) throw this.#unknown(name, token);
      const [, value] = /^=(true|false)$/.exec(token.slice(index + 1)) ?? [];
      if (flag.value === undefined && value !== undefined) {
        flags.add(flag, value);
        return;
      }
      if (flag.value === undefined || this.#asksForHelp(token, queue)) {
        flags.add(flag.value === undefined ? flag : this.#help, "true");
        continue;
      }
      const attached = token.slice(index + 1).replace(/^=/, "");
      flags.add(flag, this.#checked(flag, index + 1 < token.length ? attached : this.#next(name, flag, queue)));
      return;
    }
  }

  /** A command may have another meaning for -h, with a value: alone at the end of the line it still asks for help. */
  #asksForHelp(token: string, queue: readonly string[]): boolean {
    return token === "-h" && queue.length === 0;
  }

  get #help(): Flag {
    return this.#known.find(({ long }) => long === "help")!;
  }

  #next(name: string, flag: Flag, queue: string[]): string {
    const next = queue[0];
    const swallows = next !== undefined && (next === "--" || this.#isKnown(next));
    if (next === undefined || swallows) {
      const got = next === undefined ? "" : `, but ${next} follows`;
      throw new UsageError(`${name} needs a value${got}`, `Write --${flag.long} ${flag.value}: ${flag.description}.`);
    }
    return queue.shift()!;
  }

  #checked(flag: Flag, value: string): string {
    if (value === "" && neverEmpty.has(flag.value ?? ""))
      throw new UsageError(
        `--${flag.long}: the value is empty`,
        "Is it a variable of the shell that is not set? Leave the flag out for its default.",
      );
    if (!flag.choices || flag.choices.includes(value)) return value;
    const near = value.length > 1 ? nearest(value, flag.choices) : undefined;
    const usual =
      flag.long === "output"
        ? "For other forms, write -o json and use jq."
        : `Write --${flag.long} ${flag.value}: ${flag.description}.`;
    throw new UsageError(
      `--${flag.long}: expected ${flag.choices.join(", ")}; got ${JSON.stringify(value)}`,
      near ? `Did you mean ${near}?` : usual,
    );
  }

  #isKnown(token: string): boolean {
    return this.#known.some((flag) => isNamed(flag, token) || token === `-${flag.short}`);
  }

  #unknown(name: string, token: string, written = token): UsageError {
    const known = this.#refused[name];
    if (known !== undefined) return new UsageError(`${this.#whose} has no ${name}: ${known}`);
    const long = name.startsWith("--");
    const near = long ? nearest(name.slice(2), this.#longNames()) : nearest(token.slice(1), this.#longNames());
    const within = token === name ? "" : ` (in ${token})`;
    const help = this.#whose === "podling" ? "podling help" : `podling help ${this.#whose}`;
    const next = near && (long || token.length > 3) ? `Did you mean --${near}? See ${help}.` : `See ${help}.`;
    return new UnknownFlagError(`${this.#whose} has no flag ${name}${within}`, next, name, written);
  }

  #longNames(): string[] {
    return this.#known.map(({ long }) => long);
  }
}
