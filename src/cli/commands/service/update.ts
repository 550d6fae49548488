// podling service update.

import type { TemplateServiceBody } from "../../../model/service/service-input.ts";
import type { Command } from "../../command/command.ts";
import { UsageError } from "../../command/failure.ts";
import { dryRun, dryRunFlag } from "../plan/dry-run.ts";
import { changedTemplate } from "../task/changed-template.ts";
import { warnOfNoNeighbour } from "../task/near.ts";
import { oneService } from "./arguments.ts";
import { serviceBody, settingsOf } from "./create.ts";
import { dependsOnFlag } from "./depends-on.ts";
import { finish, waitFlags } from "./finish.ts";
import { modeFlag, noResolveFlag, replicaFlags, replicasFlag, rolloutFlags } from "./flags.ts";
import { refuseTemplateFlags, selectorFlags, updateSelector } from "./selector.ts";

export const update: Command = {
  name: "service update",
  summary: "Change a service, and roll the change out",
  usage: "SERVICE [flags] [-- COMMAND ARG ...]",
  description: [
    "Only what the flags say changes. Variables and labels are added to those that the service has; a list such as that of -p replaces the one before. A changed template is a new revision: replicas of it take the place of the old ones, as many at a time as --parallelism says, and a rollout that fails goes back by itself.",
  ],
  arguments: oneService,
  takesContainerCommand: true,
  flags: [
    replicasFlag,
    modeFlag,
    dependsOnFlag,
    ...selectorFlags,
    { long: "resolve", description: "look all tags up again: one that has moved is a new revision" },
    { long: "note", value: "TEXT", description: "what the new revision is for, shown by podling service history" },
    ...replicaFlags,
    noResolveFlag,
    ...rolloutFlags,
    dryRunFlag,
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  refused: { "--name": "a name never changes; create a service of the other name, and remove this one" },
  examples: [
    ["podling service update web --resolve", "roll out what the tag stands for now"],
    ["podling service update web --image nginx:1.28", "roll out another image"],
    ["podling service update web -e MODE=live --parallelism 2", "change a variable, two replicas at a time"],
  ],
  async run(context) {
    const { flags } = context;
    const [reference] = context.words;
    if (flags.has("resolve") && flags.has("no-resolve-image"))
      throw new UsageError("--resolve and --no-resolve-image exclude each other", "Remove one of them.");
    const service = await context.call("getService", { id: reference! });
    const { name, template } = service;
    if (service.mode.type === "selector") {
      refuseTemplateFlags(flags, update.flags, name);
      if (flags.has("dry-run"))
        throw new UsageError(`${name} has no replicas, so there is nothing to plan`, "Leave --dry-run out.");
      return updateSelector(context, service);
    }
    if (flags.given("selector")) {
      const hint = `Choose another name: podling service create NAME --selector ${flags.texts("selector")[0]}`;
      throw new UsageError(`${name} has replicas of its own, and --selector is for a service without`, hint);
    }
    const bodyOf = (image: string) => serviceBody(context, name, image, settingsOf(flags));
    const body = (await changedTemplate(template, flags, bodyOf)) as TemplateServiceBody;
    const note = flags.text("note");
    const resolve = flags.has("no-resolve-image") ? "never" : flags.has("resolve") ? "always" : "changed";
    if (flags.has("dry-run")) return dryRun(context, [{ putService: { ...body, name }, resolve }]);
    const query = { resolve, ...(note === undefined ? {} : { note }) } as const;
    await warnOfNoNeighbour(context);
    return finish(context, () => context.call("putService", { id: name, body, query }));
  },
};
