// podling down: removes an app.

import type { AppView } from "../../../model/app/view.ts";
import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { counted } from "../../render/words.ts";
import { isAgreed, oneApp, yes } from "./arguments.ts";

export const down: Command = {
  name: "down",
  summary: "Remove an app with its services, jobs, configs and secrets",
  usage: "APP [flags]",
  description: [
    "Everything is removed at once, or nothing: a config that something outside the app uses refuses all of it. Replicas are stopped. Without a terminal it needs -y.",
    "Volumes stay, with their data. With --volumes they are removed, too, when the replicas have stopped.",
  ],
  arguments: oneApp,
  flags: [
    { long: "volumes", description: "also remove its volumes, with all data in them" },
    { long: "timeout", value: "TIME", description: "wait so long until nothing uses the volumes", default: "2m" },
    yes,
  ],
  outputs: ["table", "json", "name"],
  refused: { "-v": "write --volumes", "--rmi": "podling node clean NODE --images removes unused images" },
  examples: [
    ["podling down shop", "keep the volumes"],
    ["podling down shop --volumes -y", "everything, without a question"],
  ],
  async run(context) {
    const { flags, words } = context;
    const timeout = flags.text("timeout")!;
    flags.durationMs("timeout");
    const app = await context.call("getApp", { id: words[0]! });
    const volumes = flags.has("volumes");
    if (!(await isAgreed(context, `Remove ${sizeOf(app, volumes)}?`))) return exitCodes.error;
    const query = volumes ? { volumes: "true" as const, timeout } : {};
    const removal = await context.call("deleteApp", { id: app.name, query });
    for (const { name, removed, message } of removal.volumes)
      await context.say(`volume ${name}: ${removed ? "removed" : "stays"}; ${message}`);
    const kept = removal.changes.filter(({ change }) => change === "kept");
    if (!volumes && kept.length > 0) {
      const stays = kept.length === 1 ? "stays" : "stay";
      await context.say(`${counted(kept.length, "volume")} ${stays}: podling volume ls`);
    }
    if (context.output() === "json") await context.outJson(removal);
    else await context.out(`${app.name}\n`);
    return removal.volumes.every(({ removed }) => removed) ? exitCodes.done : exitCodes.error;
  },
};

/** "shop, with 2 services, 1 job, 1 config and all data in 1 volume" */
function sizeOf({ name, members }: AppView, volumes: boolean): string {
  const lists = ["services", "jobs", "schedules", "configs", "secrets"] as const;
  const parts = lists.flatMap((list) =>
    members[list].length === 0 ? [] : [counted(members[list].length, list.slice(0, -1))],
  );
  if (volumes && members.volumes.length > 0) parts.push(`all data in ${counted(members.volumes.length, "volume")}`);
  return parts.length === 0 ? name : `${name}, with ${parts.join(", ")}`;
}
