// podling service create.

import type { TemplateServiceBody } from "../../../model/service/service-input.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { imageFlag } from "../task/flags/run-flags.ts";
import { nameAndImage } from "../task/name-and-image.ts";
import { warnOfNoNeighbour } from "../task/near.ts";
import { taskBody } from "../task/task-input.ts";
import { dependsOnFlag, dependsOnOf } from "./depends-on.ts";
import { sayWhoReaches } from "./endpoints.ts";
import { finish, waitFlags } from "./finish.ts";
import { modeFlag, noResolveFlag, replicaFlags, replicasFlag, rolloutFlags, rolloutOf } from "./flags.ts";
import { createSelector, refuseTemplateFlags, selectorFlag, selectorFlags } from "./selector.ts";

const orSelector = ". A name for tasks that are there: --selector K=V.";

export const create: Command = {
  name: "service create",
  summary: "Create a service: replicas of a container that are kept running",
  usage:
    "NAME --image IMAGE [flags] [-- COMMAND ARG ...] | --name NAME [flags] IMAGE [COMMAND ARG ...] | NAME --selector K=V [-p PORT:CONTAINER]",
  description: [
    "Waits until the replicas serve. A replica that ends is started again; one whose node is lost is replaced on another node.",
    "Ports are published on the address of the node of each replica: every machine that reaches the node reaches them. -p 127.0.0.1::80 publishes for the node alone.",
    "With --selector it starts nothing: its endpoints are the ready tasks with these labels, of podling run or of other services.",
  ],
  arguments: { name: "NAME", min: 0, max: 1 },
  takesContainerCommand: true,
  imageFlag: { ...imageFlag, short: "i" },
  imagelessFlag: selectorFlag,
  flags: [
    { long: "name", value: "NAME", description: "name of the service, if it is not the first word" },
    replicasFlag,
    modeFlag,
    dependsOnFlag,
    ...selectorFlags,
    ...replicaFlags,
    noResolveFlag,
    ...rolloutFlags,
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  examples: [
    ["podling service create web --image nginx --replicas 3 -p 80", "three web servers"],
    ["podling service create agent --image agent --mode global", "one on each node, also on nodes that join later"],
    ["podling service create front --selector app=web -p 80:8080", "a name for tasks that are there"],
  ],
  async run(context) {
    const { flags } = context;
    if (flags.given("selector")) {
      const name = nameOfSelector(context);
      refuseTemplateFlags(flags, create.flags, name);
      return createSelector(context, name);
    }
    const { name, image } = nameAndImage(context, orSelector);
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
  return finish(context, async () => {
    const service = await context.call("createService", { body, query: isPinned ? {} : { resolve: "never" } });
    await sayWhoReaches(context, service);
    await warnOfNoNeighbour(context);
    return service;
  });
}

function nameOfSelector({ flags, words, containerCommand }: Context): string {
  const name = words[0] ?? flags.text("name");
  if (name === undefined)
    throw new UsageError("the name is missing", "Write: podling service create NAME --selector K=V");
  if (!containerCommand) return name;
  throw new UsageError(
    "a command needs replicas, and a service with --selector has none",
    "Leave out what follows --.",
  );
}

/** What the flags say beyond the template and the number of replicas. */
type Settings = Pick<TemplateServiceBody, "mode" | "namespace" | "rollout" | "dependsOn">;

export function settingsOf(flags: FlagValues): Settings {
  const mode = flags.text("mode") as "global" | undefined;
  const namespace = flags.text("namespace");
  const rollout = rolloutOf(flags);
  const dependsOn = dependsOnOf(flags);
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(rollout ? { rollout } : {}),
    ...(dependsOn ? { dependsOn } : {}),
  };
}

export async function serviceBody(
  context: Context,
  name: string,
  image: string,
  settings: Settings,
): Promise<TemplateServiceBody> {
  const { flags, containerCommand, io } = context;
  const replicas = flags.integer("replicas", 0, 1_000_000);
  return {
    ...(await taskBody(name, image, flags, containerCommand, io)),
    ...(replicas === undefined ? {} : { replicas }),
    ...settings,
  };
}
