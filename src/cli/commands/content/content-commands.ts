// The commands of configs and secrets: create, update, ls, inspect, history and rm.

import type { BodyInput } from "../../../api/operations/operations.ts";
import { fileErrorMeaning } from "../../../lib/file-error.ts";
import { encodedOf } from "../../../model/config/config.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { type ContentRow, contentColumns } from "../../render/contents.ts";
import { each } from "../task/each.ts";
import { keyValues } from "../task/task-input.ts";

/** How one kind of content is called and reached. */
export interface ContentNoun {
  noun: "config" | "secret";
  summary: string;
  /** What create and inspect say beyond their summaries. */
  createDescription: readonly string[];
  inspectDescription: readonly string[];
  exampleName: string;
  exampleFile: string;
  /** Prints the content for --raw; null if no answer has it. */
  rawFlag: Flag | null;
  create(context: Context, body: BodyInput<"createConfig">): Promise<ContentRow>;
  update(context: Context, id: string, body: BodyInput<"updateConfig">): Promise<ContentRow>;
  list(context: Context): Promise<ContentRow[]>;
  /** With the content, if the master gives it. */
  get(context: Context, id: string, version: number | undefined): Promise<ContentRow>;
  versions(context: Context, id: string): Promise<ContentRow[]>;
  remove(context: Context, id: string): Promise<unknown>;
}

const labelFlag: Flag = {
  long: "label",
  short: "l",
  value: "K=V",
  description: "label of the version",
  repeatable: true,
};

export function contentGroup(of: ContentNoun): CommandGroup {
  const commands = [create(of), update(of), ls(of), inspect(of), history(of), rm(of)];
  return { name: of.noun, summary: of.summary, commands };
}

function create(of: ContentNoun): Command {
  const { noun, exampleName, exampleFile } = of;
  return {
    name: `${noun} create`,
    summary: `Create a ${noun} from a file, or from stdin (-)`,
    usage: "NAME FILE|- [flags]",
    description: of.createDescription,
    arguments: nameAndFile(noun),
    flags: [labelFlag],
    outputs: ["table", "json", "name"],
    examples: [
      [`podling ${noun} create ${exampleName} ${exampleFile}`, "from a file"],
      [`podling ${noun} create ${exampleName} -`, "from stdin"],
    ],
    async run(context) {
      const { name, file } = givenWords(context, noun);
      return finish(context, await of.create(context, { name, ...(await bodyOf(context, file)) }));
    },
  };
}

function update(of: ContentNoun): Command {
  const { noun, exampleName, exampleFile } = of;
  return {
    name: `${noun} update`,
    summary: `Give a ${noun} another content, which services that use it roll out`,
    usage: "NAME FILE|- [flags]",
    description: [
      `Makes another version. Each service that has the newest version gets a new revision: replicas with the new content take the place of the old ones, and a rollout that fails goes back by itself. The same content again changes nothing.`,
    ],
    arguments: nameAndFile(noun),
    flags: [labelFlag],
    outputs: ["table", "json", "name"],
    examples: [[`podling ${noun} update ${exampleName} ${exampleFile}`, "roll out another content"]],
    async run(context) {
      const { name, file } = givenWords(context, noun);
      return finish(context, await of.update(context, name, await bodyOf(context, file)));
    },
  };
}

function ls(of: ContentNoun): Command {
  const { noun } = of;
  return {
    name: `${noun} ls`,
    summary: `List ${noun}s`,
    usage: "[flags]",
    flags: [{ long: "quiet", short: "q", description: "only names, one a line" }],
    outputs: ["table", "json", "name"],
    examples: [[`podling ${noun} ls`, `all ${noun}s`]],
    async run(context) {
      const rows = await of.list(context);
      if (context.output() === "json") await context.outJson(rows);
      else if (context.output() === "name" || context.flags.has("quiet"))
        await context.out(rows.map(({ name }) => `${name}\n`).join(""));
      else if (rows.length === 0 && context.io.stdout.isTty)
        await context.err(`no ${noun}s. Create one with: podling ${noun} create NAME FILE\n`);
      else await context.outTable(contentColumns(context.masterNow()), rows);
      return exitCodes.done;
    },
  };
}

function inspect(of: ContentNoun): Command {
  const { noun, exampleName, rawFlag } = of;
  return {
    name: `${noun} inspect`,
    summary: `Show ${noun}s as JSON`,
    usage: "NAME[@VERSION] [NAME[@VERSION] ...] [flags]",
    description: ["Prints an object for one, and a list for several.", ...of.inspectDescription],
    arguments: someNames(noun),
    flags: rawFlag ? [rawFlag] : [],
    ...(rawFlag ? {} : { refused: { "--raw": "its content leaves the master only to containers" } }),
    outputs: ["json", "name"],
    examples: [[`podling ${noun} inspect ${exampleName}`, "the newest version"]],
    async run(context) {
      const found: ContentRow[] = [];
      for (const word of context.words) {
        const { name, version } = versionOf(word);
        found.push(await of.get(context, name, version));
      }
      if (rawFlag && context.flags.has("raw")) for (const one of found) await context.out(rawBytes(one));
      else if (context.output() === "name") await context.out(found.map(({ name }) => `${name}\n`).join(""));
      else await context.outJson(found.length === 1 ? found[0] : found);
      return exitCodes.done;
    },
  };
}

function history(of: ContentNoun): Command {
  const { noun, exampleName } = of;
  return {
    name: `${noun} history`,
    summary: `List the versions of a ${noun} that are kept`,
    usage: "NAME [flags]",
    description: ["Kept are the newest three, and every one that a revision of a service or an unfinished task has."],
    arguments: { ...someNames(noun), max: 1 },
    flags: [],
    outputs: ["table", "json"],
    examples: [[`podling ${noun} history ${exampleName}`, "who changed it, and when"]],
    async run(context) {
      const rows = await of.versions(context, context.words[0]!);
      if (context.output() === "json") await context.outJson(rows);
      else await context.outTable(contentColumns(context.masterNow()), rows);
      return exitCodes.done;
    },
  };
}

function rm(of: ContentNoun): Command {
  const { noun, exampleName } = of;
  return {
    name: `${noun} rm`,
    summary: `Remove ${noun}s with all their versions`,
    usage: "NAME [NAME ...]",
    description: [`A ${noun} that a service, a schedule, or an unfinished job or task uses is not removed.`],
    arguments: someNames(noun),
    flags: [],
    examples: [[`podling ${noun} rm ${exampleName}`, "remove it"]],
    run: (context) =>
      each(context, context.words, async (id, turn) => {
        await of.remove(context, id);
        await turn;
        await context.out(`${id}\n`);
        return exitCodes.done;
      }),
  };
}

function nameAndFile(noun: ContentNoun["noun"]): Arguments {
  return { name: "NAME and FILE", min: 2, max: 2, completes: `${noun}s` };
}

function someNames(noun: ContentNoun["noun"]): Arguments {
  return { name: "NAME", min: 1, max: Number.POSITIVE_INFINITY, completes: `${noun}s` };
}

function givenWords({ words }: Context, noun: string): { name: string; file: string } {
  const [name, file] = words;
  if (name === undefined || file === undefined)
    throw new UsageError("the file is missing", `Write: podling ${noun} create NAME FILE, or - for stdin`);
  return { name, file };
}

async function bodyOf({ io, flags }: Context, file: string): Promise<BodyInput<"updateConfig">> {
  let bytes: Uint8Array;
  try {
    bytes = await io.readBytes(file === "-" ? null : file);
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${fileErrorMeaning(error)}`, "Write the path of a file, or - for stdin.");
  }
  const labels = keyValues(flags.texts("label"), "--label");
  return { ...encodedOf(bytes), ...(Object.keys(labels).length > 0 ? { labels } : {}) };
}

async function finish(context: Context, made: ContentRow): Promise<number> {
  if (context.output() === "json") await context.outJson(made);
  else await context.out(`${made.name}${context.output() === "name" ? "" : `@${made.version}`}\n`);
  return exitCodes.done;
}

/** "app.env@3" */
function versionOf(word: string): { name: string; version: number | undefined } {
  const [, name, version] = /^(.+)@(\d{1,15})$/.exec(word) ?? [];
  if (name === undefined && word.includes("@"))
    throw new UsageError(
      `${word}: a version is a number`,
      `Write NAME@VERSION, such as ${word.split("@")[0] || "NAME"}@1.`,
    );
  return { name: name ?? word, version: version === undefined ? undefined : Number(version) };
}

function rawBytes(row: ContentRow): Uint8Array {
  const { data = "", encoding = "utf8" } = row as { data?: string; encoding?: "utf8" | "base64" };
  return Buffer.from(data, encoding);
}
