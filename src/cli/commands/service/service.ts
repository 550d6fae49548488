// podling service: replicas of a task that are kept running, and how a change of them is rolled out.

import type { Command, CommandGroup } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { dryRun, dryRunFlag, refuseJson } from "../plan/dry-run.ts";
import { each } from "../task/each.ts";
import { severalServices } from "./arguments.ts";
import { create } from "./create.ts";
import { endpoints } from "./endpoints.ts";
import { inspect, ls, ps } from "./look.ts";
import { diff, history } from "./revisions.ts";
import { pause, promote, restart, resume, rollback, scale } from "./rollout-commands.ts";
import { logs } from "./service-logs.ts";
import { update } from "./update.ts";

const rm: Command = {
  name: "service rm",
  summary: "Remove services; their replicas are stopped and removed",
  usage: "SERVICE [SERVICE ...] [flags]",
  arguments: severalServices,
  flags: [dryRunFlag],
  outputs: ["table", "json"],
  examples: [
    ["podling service rm web", "remove web and its replicas"],
    ["podling service rm web --dry-run", "what would end, and where"],
  ],
  async run(context) {
    if (context.flags.has("dry-run"))
      return dryRun(
        context,
        context.words.map((service) => ({ removeService: { service } })),
      );
    refuseJson(context);
    return each(context, context.words, async (id, turn) => {
      await context.call("deleteService", { id });
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    });
  },
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
