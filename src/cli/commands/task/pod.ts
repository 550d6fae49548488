// podling pod: tasks of several containers, in the form of Podling's first edition. They are tasks: every other command works
// on them, too.

import type { BodyInput } from "../../../api/operations/operations.ts";
import type { Command, CommandGroup } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { podColumns } from "../../render/pods.ts";
import { each } from "./each.ts";
import { parsePorts } from "./flags/ports.ts";
import { logs as taskLogs } from "./logs.ts";
import { keyValues } from "./task-input.ts";

type PodBody = BodyInput<"createPod">;

const create: Command = {
  name: "pod create",
  summary: "Create a pod: containers that share one network",
  usage: "NAME --container NAME:IMAGE[:ENV=VALUE,...] [flags]",
  description: [
    "Prints the id when the pod is accepted. What a container may say beyond its image and its variables: POST /api/v1/pods, or podling run.",
  ],
  arguments: { name: "NAME", min: 1, max: 1 },
  flags: [
    {
      long: "container",
      value: "CONTAINER",
      description: "NAME:IMAGE, or NAME:IMAGE:ENV=VALUE,ENV=VALUE; once for each container",
      repeatable: true,
    },
    {
      long: "publish",
      aliases: ["port"],
      short: "p",
      value: "PORT",
      description: "as in podling run; the ports are those of the first container",
      repeatable: true,
    },
    { long: "label", short: "l", value: "K=V", description: "label of the pod", repeatable: true },
    { long: "namespace", value: "NAME", description: "a name that pods may share", default: "default" },
    {
      long: "restart",
      value: "POLICY",
      description: "when containers are started again: never, on-failure, on-failure:N or always",
      default: "never",
    },
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling pod create shop --container app:nginx --container cache:redis", "two"]],
  async run(context) {
    const { flags, words } = context;
    const [first, ...others] = flags.texts("container").map(containerOf);
    if (first === undefined)
      throw new UsageError("there is no container", `Write: podling pod create ${words[0]} --container app:IMAGE`);
    const ports = flags.texts("publish").flatMap(parsePorts);
    const body: PodBody = {
      name: words[0]!,
      namespace: flags.text("namespace")!,
      labels: keyValues(flags.texts("label"), "--label"),
      restartPolicy: flags.text("restart") as NonNullable<PodBody["restartPolicy"]>,
      containers: [ports.length > 0 ? { ...first, ports } : first, ...others],
    };
    const pod = await context.call("createPod", { body });
    if (context.output() === "json") await context.outJson(pod);
    else await context.out(`${context.output() === "name" ? pod.name : pod.podId}\n`);
    return exitCodes.done;
  },
};

/** app:nginx:1.27:MODE=live,DEBUG=1: what follows the last colon is variables if it has an equals sign. */
function containerOf(text: string): PodBody["containers"][number] {
  const [, name, rest = ""] = /^([^:]+):(.+)$/.exec(text) ?? [];
  const [, image = rest, variables] = /^(.*?):([A-Za-z_][A-Za-z0-9_]*=.*)$/.exec(rest) ?? [];
  if (name === undefined || image === "")
    throw new UsageError(`--container ${text}: expected NAME:IMAGE`, "Such as --container app:nginx:1.27.");
  const env =
    variables === undefined ? {} : { env: keyValues(variables.split(/,(?=[A-Za-z_][A-Za-z0-9_]*=)/), "--container") };
  return { name, image, ...env };
}

const list: Command = {
  name: "pod list",
  summary: "List pods",
  usage: "[flags]",
  description: [
    "READY is how many of the containers of a pod are ready, and of how many. Each container: podling ps -t POD, or podling pod get POD as JSON.",
  ],
  flags: [
    { long: "namespace", value: "NAME", description: "only those of this namespace" },
    { long: "quiet", short: "q", description: "only ids, one a line" },
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling pod list --namespace sales", "those of one namespace"]],
  async run(context) {
    const namespace = context.flags.text("namespace");
    const pods = await context.call("listPods", { query: namespace === undefined ? {} : { namespace } });
    if (context.flags.has("quiet")) await context.out(pods.map(({ podId }) => `${podId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(pods);
    else if (context.output() === "name") await context.out(pods.map(({ name }) => `${name}\n`).join(""));
    else await context.outTable(podColumns, pods);
    return exitCodes.done;
  },
};

const get: Command = {
  name: "pod get",
  summary: "Show a pod as JSON",
  usage: "POD",
  arguments: { name: "POD", min: 1, max: 1, completes: "tasks" },
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling pod get shop", "status and containers of a pod"]],
  async run(context) {
    const pod = await context.call("getPod", { id: context.words[0]! });
    if (context.output() === "name") await context.out(`${pod.name}\n`);
    else await context.outJson(pod);
    return exitCodes.done;
  },
};

const remove: Command = {
  name: "pod delete",
  summary: "Remove pods; their containers are stopped",
  usage: "POD [POD ...]",
  arguments: { name: "POD", min: 1, max: Number.POSITIVE_INFINITY, completes: "tasks" },
  flags: [],
  examples: [["podling pod delete shop", "stop and remove a pod"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      await context.call("deletePod", { id });
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

const logs: Command = {
  ...taskLogs,
  name: "pod logs",
  summary: "Show the output of a container of a pod",
  usage: "POD [flags]",
  arguments: { name: "POD", min: 1, max: 1, completes: "tasks" },
  examples: [["podling pod logs -c cache shop", "one container"]],
};

export const pod: CommandGroup = {
  name: "pod",
  summary: "Containers that share one network, as one task",
  commands: [create, list, get, remove, logs],
};
