// podling context: saves masters with their tokens under names, and chooses the one that commands call by default.

import { shownUrl } from "../../lib/server-url.ts";
import type { Arguments, Command, CommandGroup } from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { type ContextsFile, noContext, readContexts, useContexts } from "../command/contexts-file.ts";
import { exitCodes } from "../command/exit-codes.ts";
import { Failure, UsageError } from "../command/failure.ts";
import { shellWord } from "../command/shell-word.ts";
import { givenMaster, givenToken } from "../command/target.ts";
import type { Column } from "../render/table.ts";

const oneContext: Arguments = { name: "NAME", min: 1, max: 1, completes: "contexts" };
const defaultMaster = "http://localhost:8080";

const add: Command = {
  name: "context add",
  summary: "Save a master, and its token, under a name",
  usage: "NAME --master URL [--token-file FILE] [flags]",
  description: [
    "The file is $XDG_CONFIG_HOME/podling/config.json, or ~/.config/podling/config.json, or PODLING_CONFIG. Only its owner may read it. The token is copied into it.",
  ],
  arguments: { name: "NAME", min: 1, max: 2 },
  flags: [
    { long: "use", description: "use the context from now on" },
    { long: "force", short: "f", description: "replace a context of this name" },
  ],
  examples: [["podling context add prod --master http://10.0.0.1:8080 --token-file t", "save it"]],
  async run(context) {
    const { flags, io, words } = context;
    const [name = "", extra] = words;
    if (extra !== undefined)
      throw new UsageError(
        `unexpected ${JSON.stringify(shownUrl(extra))}: context add takes one NAME`,
        `Write the address of the master as a flag: podling context add ${shellWord(name)} --master ${shellWord(extra)}`,
      );
    if (!/^[a-zA-Z0-9][\w.-]{0,62}$/.test(name))
      throw new UsageError(`${JSON.stringify(name)} is no name for a context`, "Use letters, digits, dot, - and _.");
    if (name === noContext)
      throw new UsageError(`the name ${noContext} stands for using no context`, "Choose another name.");
    if (flags.given("context")) throw new UsageError("context add takes no --context");
    const master = givenMaster(context);
    if (master === null) throw new UsageError("the address of the master is missing", "Add --master URL.");
    const contexts = await readContexts(io);
    if (contexts.get(name) !== null && !flags.has("force"))
      throw new Failure(
        `there is a context ${name} already`,
        `Replace it with --force, or: podling context rm ${name}`,
      );
    contexts.set(name, { master: master.url, token: await givenToken(context) });
    if (flags.has("use")) contexts.current = name;
    contexts.save(io);
    await context.out(`${name}\n`);
    if (flags.has("use")) await warnOfEnvironment(context);
    else if (contexts.current !== name) await context.say(`To use it: podling context use ${name}`);
    return exitCodes.done;
  },
};

const use: Command = {
  name: "context use",
  summary: "Choose the context that commands use",
  usage: "NAME",
  description: [
    `--master and --token, --context, and the variables PODLING_MASTER_URL, PODLING_TOKEN and PODLING_CONTEXT come before it. The context ${noContext} is ${defaultMaster}.`,
  ],
  arguments: oneContext,
  flags: [],
  examples: [
    ["podling context use prod", "from now on"],
    ["podling context use default", "the master on this machine again"],
  ],
  async run(context) {
    const { io, words } = context;
    const name = words[0]!;
    const contexts = await readContexts(io);
    check(contexts, name);
    contexts.current = name;
    contexts.save(io);
    await context.out(`${name}\n`);
    await warnOfEnvironment(context);
    return exitCodes.done;
  },
};

interface Row {
  name: string;
  current: boolean;
  master: string;
  /** True when a token is saved. */
  token: boolean;
}

const columns: readonly Column<Row>[] = [
  { title: "", text: ({ current }) => (current ? "*" : "") },
  { title: "NAME", text: ({ name }) => name },
  { title: "MASTER", text: ({ master }) => shownUrl(master) },
  { title: "TOKEN", text: ({ token }) => (token ? "saved" : "-") },
];

const ls: Command = {
  name: "context ls",
  summary: "List the contexts; * marks the one in use",
  usage: "[flags]",
  flags: [],
  outputs: ["table", "json", "name"],
  examples: [["podling context ls", "tokens are not shown"]],
  async run(context) {
    const contexts = await useContexts(context.io);
    const used = context.io.env.PODLING_CONTEXT || contexts.current;
    const saved = contexts.names().map((name): Row => {
      const { master, token } = contexts.get(name)!;
      return { name, current: name === used, master, token: token !== null };
    });
    const rows = [{ name: noContext, current: used === noContext, master: defaultMaster, token: false }, ...saved];
    if (context.output() === "json") await context.outJson(rows);
    else if (context.output() === "name") await context.out(rows.map(({ name }) => `${name}\n`).join(""));
    else await context.outTable(columns, rows);
    if (context.output() === "table") await warnOfEnvironment(context);
    return exitCodes.done;
  },
};

const rm: Command = {
  name: "context rm",
  summary: "Remove a context with its token",
  usage: "NAME",
  description: ["The cluster itself is not changed."],
  arguments: oneContext,
  flags: [],
  examples: [["podling context rm prod", "its token is deleted from the file"]],
  async run(context) {
    const name = context.words[0]!;
    const contexts = await readContexts(context.io);
    check(contexts, name);
    if (name === noContext)
      throw new UsageError(`the name ${noContext} stands for using no context, and cannot be removed`);
    const wasUsed = contexts.current === name;
    contexts.delete(name);
    contexts.save(context.io);
    await context.out(`${name}\n`);
    if (wasUsed) await context.say(`It was in use. Commands call ${defaultMaster} from now on`);
    return exitCodes.done;
  },
};

export const contextCommands: CommandGroup = {
  name: "context",
  summary: "Save masters under names, and choose one",
  commands: [add, use, ls, rm],
};

function check(contexts: ContextsFile, name: string): void {
  if (name === noContext || contexts.get(name) !== null) return;
  const known = [noContext, ...contexts.names()].join(", ");
  throw new Failure(`there is no context ${JSON.stringify(name)}`, `There are: ${known}`);
}

async function warnOfEnvironment(context: Context): Promise<void> {
  for (const name of ["PODLING_MASTER_URL", "PODLING_TOKEN", "PODLING_TOKEN_FILE"])
    if (context.io.env[name]) await context.say(`${name} is set, and comes before the context`);
}
