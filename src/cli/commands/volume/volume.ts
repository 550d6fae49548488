// podling volume: named volumes, whose data is on one node, and which the tasks that mount them follow there.

import type { BodyInput } from "../../../api/operations/operations.ts";
import type { VolumeView } from "../../../model/volume/volume.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { volumeColumns } from "../../render/volumes.ts";
import { refusedListFlags } from "../list-flags.ts";
import { each } from "../task/each.ts";
import { keyValues } from "../task/task-input.ts";
import { backup, move, restore } from "./copies.ts";

const one: Arguments = { name: "NAME", min: 1, max: 1, completes: "volumes" };
const some: Arguments = { name: "NAME", min: 1, max: Number.POSITIVE_INFINITY, completes: "volumes" };

const writersFlag: Flag = {
  long: "writers",
  value: "1|many",
  description: "how many tasks may mount it for writing at a time",
  choices: ["1", "many"],
};
const labelFlag: Flag = {
  long: "label",
  short: "l",
  value: "KEY=VALUE",
  repeatable: true,
  description: "a label for the user",
};

function writersOf({ flags }: Context): VolumeView["writers"] | undefined {
  const text = flags.text("writers");
  if (text === undefined) return undefined;
  return text === "many" ? "many" : 1;
}

/** What the flags say of writers and labels; what they do not say is left out. */
function given(context: Context): Pick<BodyInput<"createVolume">, "writers" | "labels"> {
  const writers = writersOf(context);
  const labels = keyValues(context.flags.texts("label"), "--label");
  return {
    ...(writers === undefined ? {} : { writers }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

async function show(context: Context, volume: VolumeView): Promise<number> {
  if (context.output() === "json") await context.outJson(volume);
  else await context.out(`${volume.name}\n`);
  return exitCodes.done;
}

const driver =
  "a driver belongs to a mount: podling run --mount type=volume,target=/PATH,volume-driver=NAME,volume-opt=K=V";

const create: Command = {
  name: "volume create",
  summary: "Create a volume before a task mounts it",
  usage: "NAME [flags]",
  description: [
    "This is rarely needed: podling run -v NAME:/PATH creates the volume, too. It is for volumes with several writers, and for data that a node has already: with --node, tasks with the volume run on that node.",
  ],
  arguments: one,
  flags: [
    { ...writersFlag, default: "1" },
    { long: "node", value: "NODE", description: "the node that has the data already", completes: "nodes" },
    labelFlag,
  ],
  outputs: ["table", "json", "name"],
  refused: { "--driver": driver, "-d": driver, "--opt": driver },
  examples: [
    ["podling volume create pgdata --node n3", "n3 has the data already"],
    ["podling volume create cache --writers many", "several tasks may write, all on one node"],
  ],
  async run(context) {
    const [name] = context.words;
    const node = context.flags.text("node");
    const body = { name: name!, ...given(context), ...(node === undefined ? {} : { node }) };
    return show(context, await context.call("createVolume", { body }));
  },
};

const ls: Command = {
  name: "volume ls",
  summary: "List volumes, and where their data is",
  usage: "[flags]",
  flags: [{ long: "quiet", short: "q", description: "only names, one a line" }],
  outputs: ["table", "json", "name"],
  refused: {
    ...refusedListFlags("podling volume ls", "name"),
    "--filter": `write podling volume ls -o json | jq '.[] | select(.hostname == "n1")'`,
  },
  examples: [["podling volume ls", "all volumes"]],
  async run(context) {
    const volumes = await context.call("listVolumes");
    if (context.output() === "json") await context.outJson(volumes);
    else if (context.flags.has("quiet") || context.output() === "name")
      await context.out(volumes.map(({ name }) => `${name}\n`).join(""));
    else if (volumes.length === 0 && context.io.stdout.isTty)
      await context.err(
        "no volumes. A task makes one: podling run db --image postgres -v pgdata:/var/lib/postgresql/data\n",
      );
    else await context.outTable(volumeColumns(context.masterNow()), volumes);
    return exitCodes.done;
  },
};

const inspect: Command = {
  name: "volume inspect",
  summary: "Show volume details as JSON",
  usage: "NAME [NAME ...]",
  description: ["Prints an object for one volume, and a list for several."],
  arguments: some,
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling volume inspect pgdata", "where pgdata is, and who uses it"]],
  async run(context) {
    const volumes: VolumeView[] = [];
    for (const id of context.words) volumes.push(await context.call("getVolume", { id }));
    if (context.output() === "name") await context.out(volumes.map(({ name }) => `${name}\n`).join(""));
    else await context.outJson(volumes.length === 1 ? volumes[0] : volumes);
    return exitCodes.done;
  },
};

const update: Command = {
  name: "volume update",
  summary: "Change how many tasks may write to a volume, or its labels",
  usage: "NAME [flags]",
  arguments: one,
  flags: [writersFlag, labelFlag],
  outputs: ["table", "json", "name"],
  examples: [["podling volume update cache --writers many", "several tasks may write, all on one node"]],
  async run(context) {
    const [id] = context.words;
    const { labels, ...rest } = given(context);
    if (labels === undefined && rest.writers === undefined)
      throw new UsageError("nothing to change", "Give --writers or --label.");
    const before = labels === undefined ? {} : (await context.call("getVolume", { id: id! })).labels;
    const body = { ...rest, ...(labels === undefined ? {} : { labels: { ...before, ...labels } }) };
    return show(context, await context.call("updateVolume", { id: id!, body }));
  },
};

const release: Command = {
  name: "volume release",
  summary: "Give the data of volumes up, because their node does not come back",
  usage: "NAME [NAME ...]",
  description: [
    "Tasks with the volume no longer wait for the node that has its data: they start with an empty volume, on any node. What the node has stays there, and Podling no longer looks for it.",
  ],
  arguments: some,
  flags: [{ long: "force", short: "f", description: "also if the node that has the data is online" }],
  examples: [["podling volume release pgdata", "n3 burnt down"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      const query = context.flags.has("force") ? { force: "true" as const } : {};
      await context.call("releaseVolume", { id, query });
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

const rm: Command = {
  name: "volume rm",
  summary: "Remove volumes, with their data",
  usage: "NAME [NAME ...]",
  description: [
    "A volume that a task, a service, a schedule or a job that has not ended mounts is not removed, also if the task has finished: remove that first. The data of a volume that Podling did not make stays on its node.",
  ],
  arguments: some,
  flags: [{ long: "force", short: "f", description: "also if its node cannot be reached; then its data stays there" }],
  examples: [["podling volume rm pgdata", "remove pgdata, with its data"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      const query = context.flags.has("force") ? { force: "true" as const } : {};
      const { removed, message } = await context.call("deleteVolume", { id, query });
      await turn;
      if (!removed) await context.say(`${id}: ${message}`);
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

export const volume: CommandGroup = {
  name: "volume",
  summary: "Manage named volumes: tasks follow them to their node",
  commands: [create, ls, inspect, update, rm, backup, restore, move, release],
};
