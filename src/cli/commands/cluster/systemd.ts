// podling systemd: installs and removes the services of master and worker.

import type { Arguments, Command, CommandGroup } from "../../command/command.ts";
import { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { parseLine } from "../../command/parse.ts";
import { givenMaster, givenToken } from "../../command/target.ts";
import { oneLine } from "../../render/style.ts";
import { master } from "./master.ts";
import { masterSettings, refuseContext, workerSettings } from "./role-flags.ts";
import type { Machine } from "./systemd/machine.ts";
import { type Found, installSteps, uninstallSteps } from "./systemd/plan.ts";
import { joinWords, parseSettings, type Role } from "./systemd/settings.ts";
import { asShell, places, type Step } from "./systemd/steps.ts";
import { worker } from "./worker.ts";

const role: Arguments = { name: "master or worker", min: 1, max: 1, completes: ["master", "worker"] };

const dryRun: Flag = {
  long: "dry-run",
  description: "print what would be done as lines of a shell, and change nothing",
};
const root: Flag = {
  long: "root",
  value: "FOLDER",
  description: "the root folder of another system, such as a mounted disk; nothing is started",
  default: "/",
  completes: "folders",
};

const install: Command = {
  name: "systemd install",
  summary: "Install the service of a master or a worker, and start it",
  usage: "master|worker [flags] [-- FLAGS OF THE ROLE]",
  description: [
    "Creates the user podling, /etc/podling/ROLE.env with the settings, and the unit podling-ROLE.service; then enables and starts it. What the file of settings has and the command does not name stays as it is, so the command can be repeated. A master without a token gets a random one.",
    "The flags after -- are those of podling master or podling worker. The data is in /var/lib/podling/ROLE.",
  ],
  arguments: role,
  takesContainerCommand: true,
  flags: [{ long: "no-start", description: "do not start the service now" }, root, dryRun],
  examples: [
    ["sudo podling systemd install master -- --host 0.0.0.0", "a master for other machines; prints where its token is"],
    [
      "sudo podling systemd install worker --master http://10.0.0.1:8080",
      "a worker that joins it, with the token in PODLING_TOKEN",
    ],
  ],
  async run(context) {
    const role = roleOf(context);
    const flags = await roleFlags(context, role, context.containerCommand ?? []);
    const machine = await machineOf(context);
    const found: Found = { env: machine.text(places.env(role)), isBooted: machine.isBooted };
    const present = parseSettings(found.env ?? "");
    const given = await tokenOf(context);
    const token = given ?? (role === "master" && !present.get("PODLING_TOKEN") ? newToken() : null);
    refuseContext(context);
    const masterUrl = role === "worker" ? (givenMaster(context)?.url ?? null) : null;
    if (role === "worker" && !masterUrl && !present.get("PODLING_MASTER_URL"))
      throw new UsageError("the address of the master is missing", "Add --master http://ADDRESS:8080.");
    if (role === "worker" && !machine.hasGroup("docker") && !context.flags.has("dry-run"))
      throw new Failure("there is no group docker on this machine", "Install Docker first, then repeat the command");
    const start = !context.flags.has("no-start");
    const program = programOf(context);
    await perform(context, machine, installSteps({ role, program, flags, token, masterUrl, start }, found));
    if (context.flags.has("dry-run")) return exitCodes.done;
    await context.out(`podling-${role} is installed${start && found.isBooted ? " and started" : ""}\n`);
    await say(context, role, start, found);
    return exitCodes.done;
  },
};

const uninstall: Command = {
  name: "systemd uninstall",
  summary: "Stop and remove the service of a master or a worker",
  usage: "master|worker [flags]",
  description: ["Containers keep running. Settings and data stay, unless --purge is given; the user podling stays."],
  arguments: role,
  flags: [
    {
      long: "purge",
      description: "also remove /etc/podling/ROLE.env, /var/lib/podling/ROLE and the master's key of secrets",
    },
    root,
    dryRun,
  ],
  examples: [["sudo podling systemd uninstall worker", "settings and data stay for a later installation"]],
  async run(context) {
    const role = roleOf(context);
    const machine = await machineOf(context);
    if (!machine.has(places.unit(role)))
      throw new Failure(`${places.unit(role)} is not on this machine`, `podling-${role} is not installed`);
    await perform(
      context,
      machine,
      uninstallSteps(role, context.flags.has("purge"), { env: null, isBooted: machine.isBooted }),
    );
    if (context.flags.has("dry-run")) return exitCodes.done;
    await context.out(`podling-${role} is removed\n`);
    if (!context.flags.has("purge")) await context.say(`kept: ${places.env(role)} and ${places.data(role)}`);
    return exitCodes.done;
  },
};

export const systemd: CommandGroup = {
  name: "systemd",
  summary: "Install and remove the services of master and worker",
  commands: [install, uninstall],
};

function roleOf({ words }: Context): Role {
  const [word] = words;
  if (word === "master" || word === "worker") return word;
  throw new UsageError(`expected master or worker; got ${JSON.stringify(word)}`);
}

/** Null if none is given. */
async function tokenOf(context: Context): Promise<string | null> {
  const token = await givenToken(context);
  if (token === null || /^[\w.~+/=:@-]+$/.test(token)) return token;
  throw new UsageError(
    "a token with blanks, quotes or other special characters cannot be written into the settings of a service",
    "Use letters and digits, such as those of: openssl rand -hex 32",
  );
}

function programOf({ io }: Context): string {
  if (io.version.commit !== "source") return process.execPath;
  throw new Failure("a service needs the executable", "Run make build, then sudo bin/podling systemd install ...");
}

/** Checked as the role itself would, because an error of the service would only be in its log. */
async function roleFlags({ io, roles }: Context, role: Role, words: readonly string[]): Promise<string | null> {
  if (words.length === 0) return null;
  const line = parseLine(role === "master" ? master : worker, words);
  for (const name of ["data-dir", "token", "token-file", "context", "master", "help"]) {
    if (line.flags.given(name)) throw new UsageError(`--${name} cannot stand after --`);
  }
  // The token of the environment is that of the installation, which has read it already.
  const env = { ...io.env, PODLING_TOKEN: undefined, PODLING_TOKEN_FILE: undefined };
  const context = new Context({ commandName: role, io: { ...io, env }, roles, ...line, defaultOutput: "table" });
  if (role === "master") await masterSettings(context);
  else await workerSettings(context);
  const joined = joinWords(words);
  if (joined !== null) return joined;
  throw new UsageError(
    "flags with quotes, backslashes, % or $ cannot be passed to a service this way",
    `Install without them, and write them into ${places.env(role)} as systemd.exec(5) says.`,
  );
}

async function machineOf(context: Context): Promise<Machine> {
  if (process.platform !== "linux") throw new Failure("systemd is on Linux only");
  if (!context.io.isRoot && !context.flags.has("dry-run"))
    throw new Failure("only root can install a service", "Repeat the command with sudo");
  const { Machine } = await import("./systemd/machine.ts");
  return new Machine(context.flags.text("root")!);
}

async function perform(context: Context, machine: Machine, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (context.flags.has("dry-run")) await context.out(`${oneLine(asShell(step))}\n`);
    else await machine.perform(step);
  }
}

async function say(context: Context, role: Role, start: boolean, { isBooted }: Found): Promise<void> {
  if (start && !isBooted) await context.say("systemd does not run here: the service starts at the next boot");
  if (role === "master") await context.say(`its token is in ${places.env(role)}, which only root can read`);
  if (start && isBooted) await context.say(`its log: journalctl -u podling-${role} -f`);
}

const newToken = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
