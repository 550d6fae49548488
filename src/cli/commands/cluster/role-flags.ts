// The flags of master, worker and up, and their conversion to settings.

import { isAnyAddress } from "../../../lib/ip-address.ts";
import { serverUrl } from "../../../lib/server-url.ts";
import { type Strategy, strategies } from "../../../model/cluster/cluster.ts";
import { limits } from "../../../model/limits.ts";
import { parseCpu, parseMemory } from "../../../model/quantity.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import type { MasterSettings, UpSettings, WorkerSettings } from "../../command/roles.ts";
import { warnInLog } from "../../command/secret-file.ts";
import { givenMaster, givenToken } from "../../command/target.ts";
import { keyValues } from "../task/task-input.ts";
import { addressesOf, addressFlags } from "./address-flags.ts";
import { policyFlags, policyOf } from "./policy-flags.ts";

const mebibyte = 1024 ** 2;

const dataDirDefault = "in /var/lib/podling for root, else in ~/.local/share/podling";

const host: Flag = {
  long: "host",
  value: "ADDRESS",
  description: "address to listen on; other addresses than loopback require --token",
  default: "127.0.0.1",
};

const insecure: Flag = {
  long: "insecure",
  description: "accept connections from other machines without a token: anyone who can reach the port has full control",
};

const masterOnly: readonly Flag[] = [
  {
    long: "journal",
    value: "KIND",
    description: "sqlite, or memory (lost on exit)",
    default: "sqlite",
    choices: ["sqlite", "memory"],
  },
  {
    long: "key-file",
    value: "FILE",
    description:
      "file of the key that secrets are sealed with, made with the first secret; by default /etc/podling/master.key, else ~/.config/podling/master.key",
    completes: "files",
  },
  {
    long: "strategy",
    value: "NAME",
    description: `placement: ${strategies.join(", ")}`,
    default: "round-robin",
    choices: strategies,
  },
  {
    long: "allowed-host",
    value: "NAME",
    description: "host name that clients may use, besides localhost and IP addresses",
    repeatable: true,
  },
  {
    long: "allowed-origin",
    value: "ORIGIN",
    description: "web pages of this origin may call the API, such as http://localhost:3000",
    repeatable: true,
  },
  {
    long: "retention-count",
    value: "N",
    description: `finished tasks to keep; by default ${limits.finishedTaskCount}`,
  },
  {
    long: "retention-age",
    value: "TIME",
    description: `how long to keep finished tasks; by default ${limits.finishedTaskAgeMs / 3_600_000}h`,
  },
  {
    long: "history-age",
    value: "TIME",
    description: `how long the journal keeps history, or off for no limit; by default ${limits.historyMs / 86_400_000}d`,
  },
  {
    long: "history-size",
    value: "SIZE",
    description: `size above which the journal removes its oldest history, or off for no limit; by default ${limits.historyBytes / mebibyte}m`,
  },
  {
    long: "mass-loss-threshold",
    value: "FRACTION",
    description:
      "if more than this share of the nodes stops sending heartbeats at once, none is declared lost; 1 or off to disable",
    default: String(limits.massLossFraction),
  },
];

const workerOnly: readonly Flag[] = [
  ...addressFlags,
  {
    long: "capacity",
    value: "N",
    description: "largest number of tasks at once, beside cpu and memory",
    default: "100",
  },
  {
    long: "label",
    short: "l",
    value: "K=V",
    description: "label of the node, for --constraint of podling run",
    repeatable: true,
  },
  { long: "cpus", value: "N", description: "cores for tasks; by default all cores of the engine" },
  {
    long: "memory",
    short: "m",
    value: "SIZE",
    description: "memory for tasks; by default all memory of the engine",
  },
  {
    long: "docker-host",
    value: "URL",
    description: "address of the container engine, such as unix:///var/run/docker.sock",
    env: "DOCKER_HOST",
  },
  {
    long: "ended-count",
    value: "N",
    description: `ended containers to keep for their logs, or off to keep all; by default ${limits.endedContainerCount}`,
  },
  {
    long: "ended-age",
    value: "TIME",
    description: `how long to keep ended containers, or off for no limit; by default ${limits.endedContainerAgeMs / 3_600_000}h`,
  },
  {
    long: "disk-high",
    value: "PERCENT",
    description: "when the engine's disk is this full, remove unused images that Podling pulled, or off",
    default: String(limits.diskHighPercent),
  },
  {
    long: "disk-low",
    value: "PERCENT",
    description: "stop removing images when the disk is no fuller than this",
    default: String(limits.diskLowPercent),
  },
  {
    long: "secrets-dir",
    value: "FOLDER",
    description:
      "folder in memory for the files of secrets, which the engine must see under this path; by default /run/podling/secrets, or another one in memory",
    completes: "folders",
  },
  ...policyFlags,
  {
    long: "drain-on-exit",
    description: "stop all containers and leave the cluster on exit; by default they keep running",
  },
];

const dataDir = (what: string): Flag => ({
  long: "data-dir",
  value: "FOLDER",
  description: `${what}; by default ${dataDirDefault}`,
  completes: "folders",
});

const port = (value: string, what: string): Flag => ({
  long: "port",
  value: "PORT",
  description: what,
  default: value,
});

const requiredToken: Flag = {
  long: "token",
  value: "TOKEN",
  description: "access token that clients and workers must send",
  env: "PODLING_TOKEN",
};

/** Beside the data folder of the user, so that several workers of one machine need no --data-dir. */
const nodeId: Flag = {
  long: "node-id",
  value: "NAME",
  description: "keep the identity of this worker in a folder of this name, for several workers on one machine",
};

const masterUrl: Flag = {
  long: "master",
  aliases: ["master-url"],
  value: "URL",
  description: "address of the master to join",
  default: "http://localhost:8080",
  env: "PODLING_MASTER_URL",
};

const asService =
  "podling systemd install master, and worker, make services of both; docs/OPERATIONS.md describes them";
const byFlags = "settings are flags and environment variables; a service reads them from /etc/podling";

const composed =
  "it starts a master and a worker, and no containers: use podling run. There are no files for tasks yet";

/** What other servers have. */
export const refusedServerFlags: Readonly<Record<string, string>> = {
  ...{ "-d": asService, "--detach": asService, "--daemon": asService, "--background": asService },
  ...{ "--config": byFlags, "-c": byFlags, "-f": byFlags, "--config-file": byFlags },
  ...{ "--build": composed, "--scale": composed, "--remove-orphans": composed, "--force-recreate": composed },
  "-p": "--port sets the port of the API. For a container: podling run -p",
};

export const masterFlags: readonly Flag[] = [
  host,
  port("8080", "port of the API"),
  dataDir("folder of the journal"),
  requiredToken,
  ...masterOnly,
  insecure,
];

export const workerFlags: readonly Flag[] = [
  masterUrl,
  host,
  port("8081", "port of the worker's HTTP server, for logs and metrics"),
  dataDir("folder of the worker's identity"),
  nodeId,
  ...workerOnly,
  insecure,
];

export const upFlags: readonly Flag[] = [
  host,
  port("8080", "port of the API"),
  { long: "worker-port", value: "PORT", description: "port of the worker's HTTP server", default: "8081" },
  dataDir("folder with the subfolders master and worker"),
  requiredToken,
  ...masterOnly,
  ...workerOnly,
  insecure,
];

export async function masterSettings(context: Context): Promise<MasterSettings> {
  const { flags } = context;
  refuseContext(context);
  return {
    host: flags.text("host")!,
    port: flags.integer("port", 0, 65_535)!,
    dataDir: dataFolder(context, "master"),
    journal: flags.text("journal") as "sqlite" | "memory",
    strategy: flags.text("strategy") as Strategy,
    token: await givenToken(context, warnInLog(context.io, "master")),
    insecure: flags.has("insecure"),
    allowedHosts: flags.texts("allowed-host"),
    allowedOrigins: flags.texts("allowed-origin").map(originOf),
    retentionCount: flags.integer("retention-count", 0, limits.tasks),
    retentionAgeMs: flags.durationMs("retention-age"),
    history: {
      ms: durationMsOrOff(flags, "history-age") ?? limits.historyMs,
      bytes: historyBytes(flags.text("history-size")) ?? limits.historyBytes,
    },
    keyFile: flags.text("key-file") ?? null,
    massLossFraction: massLossFraction(flags.text("mass-loss-threshold")!),
  };
}

/** As browsers send it: without a path, in lower case, without the usual port. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin =
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && `${url.search}${url.hash}` === "";
  if (isOrigin) return url.origin;
  const expected = "an origin such as http://localhost:3000 or https://page.example";
  const hint = text === "*" ? "Every page of every site could run containers. Name the origins that may." : "";
  throw new UsageError(`--allowed-origin: expected ${expected}; got ${JSON.stringify(text)}`, hint);
}

/** Infinity for `off`. */
function durationMsOrOff(flags: FlagValues, flag: string): number | undefined {
  return flags.text(flag) === "off" ? Number.POSITIVE_INFINITY : flags.durationMs(flag);
}

/** Less than 1 MiB is refused: it is most likely a number without its unit. */
function historyBytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = text === "off" ? Number.POSITIVE_INFINITY : parseMemory(text);
  if (bytes !== undefined && bytes >= mebibyte) return bytes;
  const expected = "a size of at least 1m, such as 512m or 2g, or off";
  throw new UsageError(`--history-size: expected ${expected}; got ${JSON.stringify(text)}`);
}

function massLossFraction(text: string): number {
  const fraction = text === "off" ? 1 : /^(0?\.\d{1,6}|[01](\.0{1,6})?)$/.test(text) ? Number(text) : Number.NaN;
  if (fraction > 0 && fraction <= 1) return fraction;
  throw new UsageError(
    `--mass-loss-threshold: expected a share of the nodes above 0 and up to 1, such as 0.5, or off; got ${JSON.stringify(text)}`,
  );
}

export async function workerSettings(context: Context): Promise<WorkerSettings> {
  const { flags } = context;
  const port = flags.integer("port", 0, 65_535)!;
  const masterUrl = givenMaster(context)?.url ?? flags.text("master")!;
  refuseContext(context);
  const token = await givenToken(context, warnInLog(context.io, "worker"));
  return { ...nodeSettings(context), token, masterUrl, port, dataDir: workerFolder(context) };
}

/** Settings of both. `masterUrl` has the port as given, so port 0 is still 0 in it. */
export async function upSettings(context: Context): Promise<UpSettings> {
  const { flags } = context;
  const given = flags.text("data-dir");
  const folder = (role: "master" | "worker") =>
    given ? `${given.replace(/\/+$/, "")}/${role}` : dataFolder(context, role);
  const master = { ...(await masterSettings(context)), dataDir: folder("master") };
  const worker = {
    ...nodeSettings(context),
    token: master.token,
    masterUrl: serverUrl(isAnyAddress(master.host) ? "127.0.0.1" : master.host, master.port),
    port: flags.integer("worker-port", 0, 65_535)!,
    dataDir: folder("worker"),
  };
  return { master, worker };
}

/** A server has its own settings: the contexts are those of a user. */
export function refuseContext({ flags }: Context): void {
  if (flags.given("context"))
    throw new UsageError("a server uses no contexts", "Give it --token-file, and a worker --master.");
}

function nodeSettings(context: Context): Omit<WorkerSettings, "masterUrl" | "port" | "dataDir" | "token"> {
  const { flags } = context;
  return {
    host: flags.text("host")!,
    ...addressesOf(flags),
    capacity: flags.integer("capacity", 1, limits.nodeCapacity)!,
    labels: keyValues(flags.texts("label"), "--label"),
    dockerHost: flags.text("docker-host") || context.io.env.DOCKER_HOST || null,
    drainOnExit: flags.has("drain-on-exit"),
    policy: policyOf(context),
    secretsDir: flags.text("secrets-dir") ?? null,
    ...cleanupSettings(context),
    insecure: flags.has("insecure"),
    cpus: amount(flags.text("cpus"), "--cpus", parseCpu, "cores such as 2 or 500m"),
    memory: amount(flags.text("memory"), "--memory", parseMemory, "memory such as 512m or 2g"),
  };
}

function cleanupSettings({ flags }: Context): Pick<WorkerSettings, "retention" | "watermarks"> {
  const isOff = (flag: string) => flags.text(flag) === "off";
  const countOrOff = isOff("ended-count") ? Number.POSITIVE_INFINITY : flags.integer("ended-count", 0, 1_000_000);
  const retention = {
    count: countOrOff ?? limits.endedContainerCount,
    ageMs: durationMsOrOff(flags, "ended-age") ?? limits.endedContainerAgeMs,
  };
  if (isOff("disk-high")) return { retention, watermarks: null };
  const highPercent = flags.integer("disk-high", 1, 100)!;
  // If only --disk-high is given, --disk-low stays below it.
  const lowPercent = flags.given("disk-low")
    ? flags.integer("disk-low", 0, 99)!
    : Math.min(limits.diskLowPercent, highPercent - 1);
  if (lowPercent < highPercent) return { retention, watermarks: { highPercent, lowPercent } };
  throw new UsageError(`--disk-low: expected less than --disk-high, which is ${highPercent}; got ${lowPercent}`);
}

function amount(
  text: string | undefined,
  flag: string,
  parse: (text: string) => number | undefined,
  expected: string,
): number | null {
  if (text === undefined) return null;
  const value = parse(text);
  if (value !== undefined && value > 0) return value;
  throw new UsageError(`${flag}: expected ${expected}; got ${JSON.stringify(text)}`);
}

/** `--data-dir`, or the default folder of workers, or of the worker that `--node-id` names. */
function workerFolder(context: Context): string {
  const folder = dataFolder(context, "worker");
  const name = context.flags.text("node-id");
  if (name === undefined || context.flags.given("data-dir")) return folder;
  if (/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(name)) return `${folder}/${name}`;
  const expected = "a name of letters, digits, '-', '_' and '.'";
  throw new UsageError(`--node-id: expected ${expected}; got ${JSON.stringify(name)}`);
}

/** `--data-dir`, or the default folder of this role. */
export function dataFolder({ flags, io }: Context, role: "master" | "worker"): string {
  const given = flags.text("data-dir");
  if (given) return given;
  if (io.isRoot) return `/var/lib/podling/${role}`;
  const { XDG_DATA_HOME, HOME } = io.env;
  if (XDG_DATA_HOME?.startsWith("/")) return `${XDG_DATA_HOME}/podling/${role}`;
  if (HOME) return `${HOME}/.local/share/podling/${role}`;
  throw new UsageError("there is no home folder for the data", "Choose a folder with --data-dir FOLDER.");
}
