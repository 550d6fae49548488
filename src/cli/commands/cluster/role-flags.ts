// The flags of master, worker and up, and what they mean as settings. What a role then does is not here.

import { type Strategy, strategies } from "../../../model/cluster.ts";
import { limits } from "../../../model/limits.ts";
import { parseCpu, parseMemory } from "../../../model/quantity.ts";
import type { Flag } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import type { MasterSettings, UpSettings, WorkerSettings } from "../../command/roles.ts";
import { keyValues } from "../task/task-input.ts";

const dataDirDefault = "/var/lib/podling as root, else ~/.local/share/podling";

const host: Flag = {
  long: "host",
  value: "ADDRESS",
  description: "address to listen on; beyond this machine it needs --token",
  default: "127.0.0.1",
};

const insecure: Flag = {
  long: "insecure",
  description: "listen beyond this machine without a token: whoever reaches it rules it",
};

const masterOnly: readonly Flag[] = [
  {
    long: "journal",
    value: "KIND",
    description: "sqlite, or memory that forgets",
    default: "sqlite",
    choices: ["sqlite", "memory"],
  },
  { long: "strategy", value: "NAME", description: strategies.join(", "), default: "round-robin", choices: strategies },
  {
    long: "allowed-host",
    value: "NAME",
    description: "host name under which it may be called, beside localhost and addresses",
    repeatable: true,
  },
  {
    long: "retention-count",
    value: "N",
    description: `finished tasks to keep; ${limits.finishedTaskCount} if left out`,
  },
  {
    long: "retention-age",
    value: "TIME",
    description: `how long to keep them; ${limits.finishedTaskAgeMs / 3_600_000}h if left out`,
  },
  {
    long: "mass-loss-threshold",
    value: "FRACTION",
    description:
      "more nodes than this share silent at once count as its own network's fault, not as lost; 1 or off: never",
    default: String(limits.massLossFraction),
  },
];

const workerOnly: readonly Flag[] = [
  { long: "hostname", value: "NAME", description: "the node's name; this machine's if left out" },
  { long: "address", value: "ADDRESS", description: "where the master reaches it; where it calls from if left out" },
  { long: "capacity", value: "N", description: "tasks at once", default: "10" },
  { long: "label", short: "l", value: "K=V", description: "label of the node, for constraints", repeatable: true },
  { long: "cpus", value: "N", description: "cores to give to tasks; all of the engine's if left out" },
  {
    long: "memory",
    short: "m",
    value: "SIZE",
    description: "memory to give to tasks; all of the engine's if left out",
  },
  { long: "docker-host", value: "URL", description: "the engine: unix:///var/run/docker.sock", env: "DOCKER_HOST" },
  {
    long: "ended-count",
    value: "N",
    description: `ended containers to keep for their logs; off: all; ${limits.endedContainerCount} if left out`,
  },
  {
    long: "ended-age",
    value: "TIME",
    description: `how long to keep them; off: for ever; ${limits.endedContainerAgeMs / 3_600_000}h if left out`,
  },
  {
    long: "disk-high",
    value: "PERCENT",
    description: "where the engine's disk is this full, remove images that Podling pulled and nothing uses; off: never",
    default: String(limits.diskHighPercent),
  },
  {
    long: "disk-low",
    value: "PERCENT",
    description: "until it is no fuller than this",
    default: String(limits.diskLowPercent),
  },
  { long: "drain-on-exit", description: "stop its containers when it ends; left out, they go on" },
];

const dataDir = (what: string): Flag => ({
  long: "data-dir",
  value: "FOLDER",
  description: `${what}; left out: a folder under ${dataDirDefault}`,
  completes: "folders",
});

const port = (value: string, what: string): Flag => ({
  long: "port",
  value: "PORT",
  description: what,
  default: value,
});

export const masterFlags: readonly Flag[] = [
  host,
  port("8080", "port of the API"),
  dataDir("where the journal is"),
  ...masterOnly,
  insecure,
];

export const workerFlags: readonly Flag[] = [
  host,
  port("8081", "port of its own server, for logs and metrics"),
  dataDir("where it keeps its identity"),
  ...workerOnly,
  insecure,
];

export const upFlags: readonly Flag[] = [
  host,
  port("8080", "port of the API"),
  { long: "worker-port", value: "PORT", description: "port of the worker's own server", default: "8081" },
  dataDir("where both keep what they know"),
  ...masterOnly,
  ...workerOnly,
  insecure,
];

export function masterSettings(context: Context): MasterSettings {
  const { flags } = context;
  return {
    host: flags.text("host")!,
    port: flags.integer("port", 0, 65_535)!,
    dataDir: dataFolder(context, "master"),
    journal: flags.text("journal") as "sqlite" | "memory",
    strategy: flags.text("strategy") as Strategy,
    token: context.token(),
    insecure: flags.has("insecure"),
    allowedHosts: flags.texts("allowed-host"),
    retentionCount: flags.integer("retention-count", 0, limits.tasks),
    retentionAgeMs: flags.durationMs("retention-age"),
    massLossFraction: massLossFraction(flags.text("mass-loss-threshold")!),
  };
}

function massLossFraction(text: string): number {
  const fraction = text === "off" ? 1 : /^(0?\.\d{1,6}|[01](\.0{1,6})?)$/.test(text) ? Number(text) : Number.NaN;
  if (fraction > 0 && fraction <= 1) return fraction;
  throw new UsageError(
    `--mass-loss-threshold: expected a share of the nodes above 0 and up to 1, such as 0.5, or off; got ${JSON.stringify(text)}`,
  );
}

export function workerSettings(context: Context): WorkerSettings {
  const { flags } = context;
  const port = flags.integer("port", 0, 65_535)!;
  return { ...nodeSettings(context), masterUrl: context.masterUrl(), port, dataDir: dataFolder(context, "worker") };
}

/** Both in one process, so the master is here: `masterUrl` names what is asked for, where port 0 is still 0. */
export function upSettings(context: Context): UpSettings {
  const { flags } = context;
  const given = flags.text("data-dir");
  const folder = (role: "master" | "worker") =>
    given ? `${given.replace(/\/+$/, "")}/${role}` : dataFolder(context, role);
  const master = { ...masterSettings(context), dataDir: folder("master") };
  const any = master.host === "0.0.0.0" || master.host === "::";
  const masterHost = any ? "127.0.0.1" : master.host.includes(":") ? `[${master.host}]` : master.host;
  const worker = {
    ...nodeSettings(context),
    masterUrl: `http://${masterHost}:${master.port}`,
    port: flags.integer("worker-port", 0, 65_535)!,
    dataDir: folder("worker"),
  };
  return { master, worker };
}

function nodeSettings(context: Context): Omit<WorkerSettings, "masterUrl" | "port" | "dataDir"> {
  const { flags } = context;
  return {
    host: flags.text("host")!,
    hostname: flags.text("hostname") ?? null,
    address: flags.text("address") ?? null,
    capacity: flags.integer("capacity", 1, limits.nodeCapacity)!,
    labels: keyValues(flags.texts("label"), "--label"),
    dockerHost: flags.text("docker-host") || context.io.env.DOCKER_HOST || null,
    drainOnExit: flags.has("drain-on-exit"),
    ...cleanupSettings(context),
    token: context.token(),
    insecure: flags.has("insecure"),
    cpus: amount(flags.text("cpus"), "--cpus", parseCpu, "cores such as 2 or 500m"),
    memory: amount(flags.text("memory"), "--memory", parseMemory, "memory such as 512m or 2g"),
  };
}

function cleanupSettings({ flags }: Context): Pick<WorkerSettings, "retention" | "watermarks"> {
  const isOff = (flag: string) => flags.text(flag) === "off";
  const countOrOff = isOff("ended-count") ? Number.POSITIVE_INFINITY : flags.integer("ended-count", 0, 1_000_000);
  const ageMsOrOff = isOff("ended-age") ? Number.POSITIVE_INFINITY : flags.durationMs("ended-age");
  const retention = {
    count: countOrOff ?? limits.endedContainerCount,
    ageMs: ageMsOrOff ?? limits.endedContainerAgeMs,
  };
  if (isOff("disk-high")) return { retention, watermarks: null };
  const highPercent = flags.integer("disk-high", 1, 100)!;
  // Where only the high one is given, the low one stays below it.
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

/** `--data-dir` itself; else a folder for this role where the system keeps such things. */
export function dataFolder({ flags, io }: Context, role: "master" | "worker"): string {
  const given = flags.text("data-dir");
  if (given) return given;
  if (io.isRoot) return `/var/lib/podling/${role}`;
  const { XDG_DATA_HOME, HOME } = io.env;
  if (XDG_DATA_HOME?.startsWith("/")) return `${XDG_DATA_HOME}/podling/${role}`;
  if (HOME) return `${HOME}/.local/share/podling/${role}`;
  throw new UsageError("there is no home folder to keep data in", "Name one with --data-dir FOLDER.");
}
