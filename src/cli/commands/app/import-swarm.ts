// podling import swarm: the services of a Swarm manager as a compose file. It changes nothing, there and here.

import type { Command, CommandGroup } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure } from "../../command/failure.ts";
import { sayReport } from "./compose-files.ts";

const paths = ["/services", "/configs", "/networks", "/nodes"] as const;

const swarm: Command = {
  name: "import swarm",
  summary: "Print the services of a Docker Swarm as a compose file",
  usage: "[flags]",
  description: [
    "Asks the engine of a manager for its services, configs, networks and nodes, and prints a compose file. Each key in it that Podling does not honour is a line on stderr, as with podling validate; so is what the file cannot have: contents of secrets, which a swarm does not show, data of volumes, and labels of nodes, with the command that sets them here. Nothing is changed in the swarm.",
    "Without --stack all services are in one file.",
  ],
  flags: [
    { long: "stack", value: "NAME", description: "only the services of this stack; the app has its name" },
    { long: "app", value: "NAME", description: "name of the app without --stack", default: "swarm" },
    {
      long: "docker-host",
      value: "URL",
      description: "address of the manager's engine; by default the usual socket",
      env: "DOCKER_HOST",
    },
  ],
  examples: [
    ["podling import swarm --stack shop >shop.yaml", "one stack"],
    ["podling import swarm --docker-host tcp://m1:2375 >all.yaml", "from another machine"],
  ],
  async run(context) {
    const { flags, io } = context;
    const host = flags.text("docker-host") || io.env.DOCKER_HOST || "unix:///var/run/docker.sock";
    const [services, configs, networks, nodes] = await Promise.all(paths.map((path) => answer(context, host, path)));
    const stack = flags.text("stack") ?? null;
    const app = flags.text("app") ?? "swarm";
    const { fromSwarm } = await import("../../../compose/import/swarm.ts");
    const { yamlText } = await import("../../../compose/export/yaml.ts");
    const {
      document,
      notes,
      variables,
      services: count,
    } = fromSwarm({ services, configs, networks, nodes }, { stack, app });
    if (count === 0) {
      const where = stack === null ? "the swarm" : `the stack ${stack}`;
      throw new Failure(`${where} has no services`, "docker service ls and docker stack ls list what there is.");
    }
    const text = yamlText(document, notes, true);
    for (const note of notes) await context.say(note);
    await sayReport(context, text, variables);
    await context.out(text);
    return exitCodes.done;
  },
};

async function answer({ roles }: Context, host: string, path: (typeof paths)[number]): Promise<unknown> {
  try {
    return await roles.askEngine(host, path);
  } catch (error) {
    const hint = "Name the engine of a manager: --docker-host unix:///var/run/docker.sock, or run it there.";
    throw new Failure(`${host} gives no ${path.slice(1)}: ${(error as Error).message}`, hint);
  }
}

export const importCommands: CommandGroup = {
  name: "import",
  summary: "Print what runs elsewhere as a compose file",
  commands: [swarm],
};
