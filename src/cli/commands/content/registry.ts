// podling registry: logins to registries, which workers use for pulls.

import type { CredentialView } from "../../../model/credential/credential.ts";
import type { Command, CommandGroup } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import type { Column } from "../../render/table.ts";
import { ageOf } from "../../render/time.ts";
import { each } from "../task/each.ts";

const login: Command = {
  name: "registry login",
  summary: "Store a login to a registry, which workers use for pulls from it",
  usage: "[REGISTRY] -u USER --password-stdin",
  description: [
    "The password is read from stdin, and sealed before it is recorded. It replaces the login before, and comes before that of docker login on a node. Without REGISTRY it is Docker Hub.",
  ],
  arguments: { name: "REGISTRY", min: 0, max: 1 },
  flags: [
    { long: "username", short: "u", value: "USER", description: "user of the registry" },
    { long: "password-stdin", description: "read the password or token from stdin" },
  ],
  examples: [["podling registry login registry.example:5000 -u anna --password-stdin", "password from stdin"]],
  async run(context) {
    const { words, flags, io } = context;
    const [registry = "docker.io"] = words;
    const username = flags.text("username");
    if (username === undefined || !flags.has("password-stdin"))
      throw new UsageError(
        "user and password are missing",
        `Write: podling registry login ${registry} -u USER --password-stdin`,
      );
    const password = Buffer.from(await io.readBytes(null))
      .toString()
      .replace(/\r?\n$/, "");
    if (password === "")
      throw new Failure("stdin is empty", "Write the password to stdin, for example with: pass registry |");
    const stored = await context.call("putCredential", { id: registry, body: { username, password } });
    await context.out(`${stored.registry}\n`);
    return exitCodes.done;
  },
};

const ls: Command = {
  name: "registry ls",
  summary: "List the logins to registries",
  usage: "[flags]",
  flags: [],
  outputs: ["table", "json", "name"],
  examples: [["podling registry ls", "registries and users"]],
  async run(context) {
    const credentials = await context.call("listCredentials");
    if (context.output() === "json") await context.outJson(credentials);
    else if (context.output() === "name")
      await context.out(credentials.map(({ registry }) => `${registry}\n`).join(""));
    else await context.outTable(columns(context.masterNow()), credentials);
    return exitCodes.done;
  },
};

function columns(now: number): Column<CredentialView>[] {
  return [
    { title: "REGISTRY", text: ({ registry }) => registry, shrinksTo: 12 },
    { title: "USER", text: ({ username }) => username, shrinksTo: 8 },
    { title: "BY", text: ({ by }) => by, shrinksTo: 8 },
    { title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true },
  ];
}

const logout: Command = {
  name: "registry logout",
  summary: "Remove logins to registries",
  usage: "REGISTRY [REGISTRY ...]",
  arguments: { name: "REGISTRY", min: 1, max: Number.POSITIVE_INFINITY },
  flags: [],
  examples: [["podling registry logout registry.example:5000", "workers pull without it from now on"]],
  run: (context) =>
    each(context, context.words, async (id, turn) => {
      await context.call("deleteCredential", { id });
      await turn;
      await context.out(`${id}\n`);
      return exitCodes.done;
    }),
};

export const registry: CommandGroup = {
  name: "registry",
  summary: "Store logins to registries, which workers use for pulls",
  commands: [login, logout, ls],
};
