// podling service: replicas of a task that are kept running, and how a change of them is rolled out.

import type { BodyInput } from "../../../api/operations/operations.ts";
import type { ServiceView } from "../../../model/service/view.ts";
import { inputOfSpec } from "../../../model/task/input-spec.ts";
import type { PlacementRules } from "../../../model/task/spec.ts";
import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { each } from "../task/each.ts";
import { removedProbes } from "../task/flags/probes.ts";
import { imageFlag } from "../task/flags/run-flags.ts";
import { taskBody } from "../task/task-input.ts";
import { endpoints, sayWhoReaches } from "./endpoints.ts";
import { modeFlag, noResolveFlag, replicasFlag, rolloutFlags, rolloutOf, templateFlags } from "./flags.ts";
import { inspect, ls, ps } from "./look.ts";
import { diff, history } from "./revisions.ts";
import { logs } from "./service-logs.ts";
import { watchRollout } from "./watch-rollout.ts";

const one: Arguments = { name: "SERVICE", min: 1, max: 1 };
const some: Arguments = { name: "SERVICE", min: 1, max: Number.POSITIVE_INFINITY };

const waitFlags: readonly Flag[] = [
  { long: "detach", short: "d", description: "do not wait until the replicas serve" },
  { long: "timeout", value: "TIME", description: "wait at most this long; then the exit code is 2", default: "15m" },
];

/** Waits as the flags say, and prints the id of the service. */
async function finish(context: Context, service: ServiceView): Promise<number> {
  const { flags } = context;
  const code = flags.has("detach")
    ? exitCodes.done
    : await watchRollout(context, service, flags.durationMs("timeout")!);
  if (context.output() === "json") await context.outJson(await context.call("getService", { id: service.serviceId }));
  else await context.out(`${context.output() === "name" ? service.name : service.serviceId}\n`);
  return code;
}

const create: Command = {
  name: "service create",
  summary: "Create a service: replicas of a container that are kept running",
  usage: "NAME --image IMAGE [flags] [-- COMMAND ARG ...] | --name NAME [flags] IMAGE [COMMAND ARG ...]",
  description: [
    "Waits until the replicas serve. A replica that ends is started again; one whose node is lost is replaced on another node.",
    "Ports are published on the address of the node of each replica: every machine that reaches the node reaches them. -p 127.0.0.1::80 publishes for the node alone.",
  ],
  arguments: { name: "NAME", min: 0, max: 1 },
  takesContainerCommand: true,
  imageFlag: { ...imageFlag, short: "i" },
  flags: [
    { long: "name", value: "NAME", description: "name of the service, if it is not the first word" },
    replicasFlag,
    modeFlag,
    ...templateFlags,
    noResolveFlag,
    ...rolloutFlags,
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  examples: [
    ["podling service create web --image nginx --replicas 3 -p 80", "three web servers"],
    ["podling service create agent --image agent --mode global", "one on each node, also on nodes that join later"],
  ],
  async run(context) {
    const { name, image } = nameAndImage(context);
    const { flags } = context;
    const isPinned = !flags.has("no-resolve-image");
    return createService(context, name, image, { ...settingsOf(flags), isPinned });
  },
};

/** Also for podling run --replicas, which has no flags of modes and rollouts. */
export async function createService(
  context: Context,
  name: string,
  image: string,
  { isPinned = true, ...settings }: Settings & { isPinned?: boolean } = {},
): Promise<number> {
  const body = await serviceBody(context, name, image, settings);
  const service = await context.call("createService", { body, query: isPinned ? {} : { resolve: "never" } });
  await sayWhoReaches(context, service);
  return finish(context, service);
}

function nameAndImage({ flags, words }: Context): { name: string; image: string } {
  const [word] = words;
  const image = flags.text("image") ?? word;
  const name = flags.text("image") === undefined ? flags.text("name") : (word ?? flags.text("name"));
  if (image === undefined)
    throw new UsageError("the image is missing", "Write: podling service create NAME --image IMAGE");
  if (name === undefined)
    throw new UsageError("the name is missing", `Write: podling service create NAME --image ${image}`);
  return { name, image };
}

/** What the flags say beyond the template and the number of replicas. */
type Settings = Pick<BodyInput<"createService">, "mode" | "rollout">;

function settingsOf(flags: FlagValues): Settings {
  const mode = flags.text("mode") as "global" | undefined;
  const rollout = rolloutOf(flags);
  return { ...(mode === undefined ? {} : { mode }), ...(rollout ? { rollout } : {}) };
}

async function serviceBody(
  context: Context,
  name: string,
  image: string,
  settings: Settings,
): Promise<BodyInput<"createService">> {
  const { flags, containerCommand, io } = context;
  const replicas = flags.integer("replicas", 0, 1_000_000);
  return {
    ...(await taskBody(name, image, flags, containerCommand, io)),
    ...(replicas === undefined ? {} : { replicas }),
    ...settings,
  };
}

const update: Command = {
  name: "service update",
  summary: "Change a service, and roll the change out",
  usage: "SERVICE [flags] [-- COMMAND ARG ...]",
  description: [
    "Only what the flags say changes. Variables and labels are added to those that the service has; a list such as that of -p replaces the one before. A changed template is a new revision: replicas of it take the place of the old ones, as many at a time as --parallelism says, and a rollout that fails goes back by itself.",
  ],
  arguments: one,
  takesContainerCommand: true,
  flags: [
    replicasFlag,
    modeFlag,
    { long: "resolve", description: "look all tags up again: one that has moved is a new revision" },
    { long: "note", value: "TEXT", description: "what the new revision is for, shown by podling service history" },
    ...templateFlags,
    noResolveFlag,
    ...rolloutFlags,
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  examples: [
    ["podling service update web --resolve", "roll out what the tag stands for now"],
    ["podling service update web --image nginx:1.28", "roll out another image"],
    ["podling service update web -e MODE=live --parallelism 2", "change a variable, two replicas at a time"],
  ],
  async run(context) {
    const { flags } = context;
    const [reference] = context.words;
    const { name, template } = await context.call("getService", { id: reference! });
    const before = inputOfSpec(template);
    for (const probe of removedProbes(context.flags)) delete before[probe];
    const given = await changesOf(context, name, before);
    const body = { ...before, ...given, ...merged(before, given) } as BodyInput<"putService">;
    const note = flags.text("note");
    const resolve = flags.has("no-resolve-image") ? "never" : flags.has("resolve") ? "always" : "changed";
    const query = { resolve, ...(note === undefined ? {} : { note }) } as const;
    return finish(context, await context.call("putService", { id: name, body, query }));
  },
};

/** What the flags say. Those of one container do not say which of several they mean. */
async function changesOf(context: Context, name: string, before: { readonly image?: string | undefined }) {
  const image = context.flags.text("image") ?? before.image;
  const { image: _, ...given } = await serviceBody(context, name, image ?? "", settingsOf(context.flags));
  return image === undefined ? given : { image, ...given };
}

/** Variables and labels are added to those that the service has; of its placement, only what is given changes. */
function merged(
  before: {
    env?: Readonly<Record<string, string>>;
    labels?: Readonly<Record<string, string>>;
    placement?: PlacementRules | undefined;
  },
  given: Pick<BodyInput<"putService">, "env" | "labels" | "placement">,
): object {
  return {
    ...(given.env ? { env: { ...before.env, ...given.env } } : {}),
    ...(given.labels ? { labels: { ...before.labels, ...given.labels } } : {}),
    ...(given.placement ? { placement: { ...before.placement, ...given.placement } } : {}),
  };
}

const scale: Command = {
  name: "service scale",
  summary: "Change how many replicas services have",
  usage: "SERVICE=N [SERVICE=N ...] [flags]",
  arguments: { name: "SERVICE=N", min: 1, max: Number.POSITIVE_INFINITY },
  flags: waitFlags,
  examples: [["podling service scale web=5", "five replicas"]],
  async run(context) {
    const wanted = new Map(context.words.map((word) => [word, wantedOf(word)]));
    const { flags } = context;
    return each(context, context.words, async (word, turn) => {
      const { id, replicas } = wanted.get(word)!;
      const service = await context.call("scaleService", { id, query: { replicas: String(replicas) } });
      // One picture at a time.
      await turn;
      const isDetached = flags.has("detach");
      const code = isDetached ? exitCodes.done : await watchRollout(context, service, flags.durationMs("timeout")!);
      if (code === exitCodes.done) await context.out(`${service.name} scaled to ${replicas}\n`);
      return code;
    });
  },
};

function wantedOf(word: string): { id: string; replicas: number } {
  const match = /^(.+)=(\d{1,6})$/.exec(word);
  if (match) return { id: match[1]!, replicas: Number(match[2]) };
  throw new UsageError(`${JSON.stringify(word)} does not say how many`, "Write SERVICE=N, such as web=5.");
}

/** A command that only says how a rollout goes on, and waits for its end. */
function leading(
  verb: string,
  summary: string,
  example: string,
  operation: "restartService" | "resumeService" | "promoteService",
): Command {
  return {
    name: `service ${verb}`,
    summary,
    usage: "SERVICE [flags]",
    arguments: one,
    flags: waitFlags,
    outputs: ["table", "json", "name"],
    examples: [[`podling service ${verb} web`, example]],
    run: async (context) => finish(context, await context.call(operation, { id: context.words[0]! })),
  };
}

const restart = leading(
  "restart",
  "Replace every replica of a service by a new one, as a rollout does",
  "one replica after the other",
  "restartService",
);

const pause: Command = {
  name: "service pause",
  summary: "Stop the rollout of services where it is",
  usage: "SERVICE [SERVICE ...]",
  description: ["Replicas that end are replaced all the same."],
  arguments: some,
  flags: [],
  examples: [["podling service pause web", "look before more replicas change"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      const { name } = await context.call("pauseService", { id });
      await turn;
      await context.out(`${name} paused\n`);
      return exitCodes.done;
    }),
};

const resume = leading("resume", "Go on with the rollout of a paused service", "go on", "resumeService");

const promote = leading(
  "promote",
  "Roll out to all slots what the canaries of a service run",
  "the canaries serve well",
  "promoteService",
);

const rollback: Command = {
  name: "service rollback",
  summary: "Roll out an earlier revision of a service",
  usage: "SERVICE [flags]",
  arguments: one,
  flags: [
    { long: "to", value: "N", description: "number of the revision; by default the one that served before" },
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling service rollback web --to 3", "back to revision 3"]],
  async run(context) {
    const to = context.flags.integer("to", 1, Number.MAX_SAFE_INTEGER);
    const query = to === undefined ? {} : { to: String(to) };
    return finish(context, await context.call("rollbackService", { id: context.words[0]!, query }));
  },
};

const rm: Command = {
  name: "service rm",
  summary: "Remove services; their replicas are stopped and removed",
  usage: "SERVICE [SERVICE ...]",
  arguments: some,
  flags: [],
  examples: [["podling service rm web", "remove web and its replicas"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      await context.call("deleteService", { id });
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

export const service: CommandGroup = {
  name: "service",
  summary: "Keep replicas of a container running, and roll changes out",
  commands: [
    create,
    ls,
    inspect,
    ps,
    logs,
    endpoints,
    update,
    scale,
    restart,
    pause,
    resume,
    promote,
    rollback,
    history,
    diff,
    rm,
  ],
};
