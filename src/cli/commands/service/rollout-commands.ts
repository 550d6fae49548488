// podling service scale, restart, pause, resume, promote and rollback: they change the number of replicas, or start, stop and
// continue rollouts.

import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import { dryRun, dryRunFlag, refuseJson } from "../plan/dry-run.ts";
import { each } from "../task/each.ts";
import { oneService, severalServices } from "./arguments.ts";
import { finish, waitFlags } from "./finish.ts";
import { watchRollout } from "./watch-rollout.ts";

export const scale: Command = {
  name: "service scale",
  summary: "Change how many replicas services have",
  usage: "SERVICE=N [SERVICE=N ...] [flags]",
  arguments: { name: "SERVICE=N", min: 1, max: Number.POSITIVE_INFINITY, completes: "services" },
  flags: [dryRunFlag, ...waitFlags],
  outputs: ["table", "json"],
  refused: { "--replicas": "write the number after the name: podling service scale SERVICE=N" },
  examples: [
    ["podling service scale web=5", "five replicas"],
    ["podling service scale web=5 --dry-run", "where they would run, and whether they fit"],
  ],
  async run(context) {
    const wanted = new Map(context.words.map((word) => [word, wantedOf(word)]));
    const { flags } = context;
    if (flags.has("dry-run")) {
      const changes = [...wanted.values()].map(({ id, replicas }) => ({ scale: { service: id, replicas } }));
      return dryRun(context, changes);
    }
    refuseJson(context);
    const timeoutMs = flags.durationMs("timeout")!;
    return each(context, context.words, async (word, turn) => {
      const { id, replicas } = wanted.get(word)!;
      const service = await context.call("scaleService", { id, query: { replicas: String(replicas) } });
      // One picture at a time.
      await turn;
      const isDetached = flags.has("detach");
      const code = isDetached ? exitCodes.done : await watchRollout(context, service, timeoutMs);
      if (code === exitCodes.done) await context.out(`${service.name} scaled to ${replicas}\n`);
      return code;
    });
  },
};

function wantedOf(word: string): { id: string; replicas: number } {
  const match = /^(.+)=(\d{1,6})$/.exec(word);
  if (match) return { id: match[1]!, replicas: Number(match[2]) };
  const [name] = word.split("=");
  throw new UsageError(`${JSON.stringify(word)} does not say how many`, `Write SERVICE=N, such as ${name || "web"}=5.`);
}

/** A command that sends one request about a rollout, and waits for its end. */
function rolloutCommand(
  verb: string,
  summary: string,
  example: string,
  operation: "restartService" | "resumeService" | "promoteService",
): Command {
  return {
    name: `service ${verb}`,
    summary,
    usage: "SERVICE [flags]",
    arguments: oneService,
    flags: waitFlags,
    outputs: ["table", "json", "name"],
    examples: [[`podling service ${verb} web`, example]],
    run: (context) => finish(context, () => context.call(operation, { id: context.words[0]! })),
  };
}

export const restart = rolloutCommand(
  "restart",
  "Replace every replica of a service by a new one, as a rollout does",
  "one replica after the other",
  "restartService",
);

export const pause: Command = {
  name: "service pause",
  summary: "Stop the rollout of services where it is",
  usage: "SERVICE [SERVICE ...]",
  description: ["Replicas that end are replaced all the same."],
  arguments: severalServices,
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

export const resume = rolloutCommand("resume", "Go on with the rollout of a paused service", "go on", "resumeService");

export const promote = rolloutCommand(
  "promote",
  "Roll out to all slots what the canaries of a service run",
  "the canaries serve well",
  "promoteService",
);

export const rollback: Command = {
  name: "service rollback",
  summary: "Roll out an earlier revision of a service",
  usage: "SERVICE [flags]",
  arguments: oneService,
  flags: [
    { long: "to", value: "N", description: "number of the revision; by default the one that served before" },
    dryRunFlag,
    ...waitFlags,
  ],
  outputs: ["table", "json", "name"],
  examples: [["podling service rollback web --to 3", "back to revision 3"]],
  async run(context) {
    const to = context.flags.integer("to", 1, Number.MAX_SAFE_INTEGER);
    const [service] = context.words as [string];
    if (context.flags.has("dry-run"))
      return dryRun(context, [{ rollback: { service, ...(to === undefined ? {} : { to }) } }]);
    const query = to === undefined ? {} : { to: String(to) };
    return finish(context, () => context.call("rollbackService", { id: context.words[0]!, query }));
  },
};
