// podling version: the versions of this program and of the master.

import { shownUrl } from "../../lib/server-url.ts";
import type { Command } from "../command/command.ts";
import { exitCodes } from "../command/exit-codes.ts";

export const version: Command = {
  name: "version",
  summary: "Show the versions of this program and of the master",
  usage: "[flags]",
  flags: [{ long: "client", description: "show only the version of this program; needs no master" }],
  outputs: ["table", "json"],
  examples: [["podling version --client", "works without a master"]],
  async run(context) {
    const client = context.io.version;
    const json = context.output() === "json";
    if (context.flags.has("client")) {
      if (json) await context.outJson({ client });
      else await context.out(`podling ${client.version} (${client.commit})\n`);
      return exitCodes.done;
    }
    if (!json) await context.out(`client  ${client.version} (${client.commit})\n`);
    const server = await context.call("version");
    if (json) await context.outJson({ client, server });
    else
      await context.out(`master  ${server.version} (${server.commit}) at ${shownUrl((await context.target()).url)}\n`);
    return exitCodes.done;
  },
};
