// The flags of `run` that are handed to the engine as they are, in docker's forms: the groups of options of a create request.
// It checks only the form; the master validates the values.

import type { BodyInput } from "../../../../api/operations/operations.ts";
import { Failure, UsageError } from "../../../command/failure.ts";
import type { FlagValues } from "../../../command/flag-values.ts";
import type { Io } from "../../../command/io.ts";
import { csvFields } from "./csv.ts";
import { checkedSignal } from "./signal.ts";

type Body = BodyInput<"createTask">;
type Group<Name extends keyof Body> = NonNullable<Body[Name]>;
type Options = Pick<Body, "network" | "process" | "security" | "devices" | "limits" | "logging" | "health">;

export async function containerOptions(flags: FlagValues, io: Io): Promise<Options> {
  return given({
    network: group(networkOf(flags)),
    process: group({ init: switchOf(flags, "init"), stopSignal: stopSignalOf(flags) }),
    security: group(await securityOf(flags, io)),
    devices: group({ paths: listOf(flags, "device")?.map(parseDevice), gpus: gpusOf(flags.text("gpus")) }),
    limits: group(limitsOf(flags)),
    logging: group({ driver: flags.text("log-driver"), options: entriesOf(flags, "log-opt") }),
    health: group(healthOf(flags)),
  });
}

function stopSignalOf(flags: FlagValues): string | undefined {
  const text = flags.text("stop-signal");
  return text === undefined ? undefined : checkedSignal("--stop-signal", text);
}

type Loose<T> = { [Key in keyof T]: T[Key] | undefined };

/** The fields that were given. */
function given<T extends object>(fields: Loose<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Undefined if none of its fields was given. */
function group<T extends object>(fields: Loose<T>): T | undefined {
  const found = given<T>(fields);
  return Object.keys(found).length > 0 ? found : undefined;
}

function listOf(flags: FlagValues, flag: string): string[] | undefined {
  return flags.given(flag) ? [...flags.texts(flag)] : undefined;
}

/** Undefined if the switch was not given; --switch=false is false. */
function switchOf(flags: FlagValues, flag: string): boolean | undefined {
  return flags.given(flag) ? flags.has(flag) : undefined;
}

/** Of `key=value` flags. */
function entriesOf(flags: FlagValues, flag: string): Record<string, string> | undefined {
  const entries = listOf(flags, flag)?.map((entry): [string, string] => {
    const equals = entry.indexOf("=");
    if (equals <= 0) throw new UsageError(`--${flag} ${entry}: expected a name and a value`, "Write NAME=VALUE.");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return entries && Object.fromEntries(entries);
}

function networkOf(flags: FlagValues): Loose<Group<"network">> {
  const dns = {
    servers: listOf(flags, "dns"),
    search: listOf(flags, "dns-search"),
    options: listOf(flags, "dns-option"),
  };
  return {
    ...modeAndApp(flags.text("network")),
    hostname: flags.text("hostname"),
    extraHosts: listOf(flags, "add-host")?.map(parseHost),
    dns: group<NonNullable<Group<"network">["dns"]>>(dns),
  };
}

/** `host`, `cluster:shop` */
function modeAndApp(text: string | undefined): Pick<Loose<Group<"network">>, "mode" | "app"> {
  if (text === undefined || text === "host" || text === "none" || text === "bridge") return { mode: text };
  if (text === "default") return { mode: "bridge" };
  const [mode, app] = text.split(":");
  if (mode === "cluster" && app) return { mode, app: text.slice("cluster:".length) };
  throw new UsageError(
    `--network ${text}: Podling knows the networks bridge, host, none and cluster:APP`,
    "Tasks reach one another by published ports: -p HOST:CONTAINER.",
  );
}

/** `db:10.0.0.5`, `db=10.0.0.5`, `v6:[::1]`, `host.docker.internal:host-gateway` */
function parseHost(text: string): { host: string; address: string } {
  const [, host, address] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (host === undefined || address === undefined)
    throw new UsageError(`--add-host ${text}: expected a host and its address`, "Write HOST:IP, such as db:10.0.0.5.");
  return { host, address: address.replace(/^\[(.*)\]$/, "$1") };
}

async function securityOf(flags: FlagValues, io: Io): Promise<Loose<Group<"security">>> {
  const options = listOf(flags, "security-opt");
  return {
    privileged: switchOf(flags, "privileged"),
    readOnly: switchOf(flags, "read-only"),
    capAdd: listOf(flags, "cap-add"),
    capDrop: listOf(flags, "cap-drop"),
    groupAdd: listOf(flags, "group-add"),
    options: options && (await Promise.all(options.map((option) => securityOption(option, io)))),
  };
}

/** A seccomp profile is a file of the caller; the engine gets its text. */
async function securityOption(option: string, io: Io): Promise<string> {
  const [, path] = /^seccomp[=:](.*)$/.exec(option) ?? [];
  if (path === undefined || path === "unconfined" || path === "builtin") return option;
  try {
    return `seccomp=${JSON.stringify(JSON.parse(await io.readFile(path)))}`;
  } catch (error) {
    throw new Failure(
      `cannot read the seccomp profile ${path}: ${(error as Error).message}`,
      "Expected a JSON file, or seccomp=unconfined.",
    );
  }
}

/** `/dev/fuse`, `/dev/sda:/dev/xvda`, `/dev/fuse:rw`, `/dev/sda:/dev/xvda:r` */
function parseDevice(text: string): { host: string; container: string; permissions?: string } {
  const [host = "", ...more] = text.split(":");
  const permissions = /^[rwm]{1,3}$/.test(more.at(-1) ?? "") ? more.pop() : undefined;
  const [container = host, ...rest] = more;
  if (!host.startsWith("/") || !container.startsWith("/") || rest.length > 0)
    throw new UsageError(
      `--device ${text}: not a device`,
      "Write /dev/HOST, /dev/HOST:/dev/CONTAINER, or either with :rwm.",
    );
  return { host, container, ...(permissions === undefined ? {} : { permissions }) };
}

/** `all`, `2`, `"device=0,1"`, `count=1,capabilities=utility`: docker's form, with its quotes around a list. */
function gpusOf(text: string | undefined): NonNullable<Group<"devices">["gpus"]> | undefined {
  if (text === undefined) return undefined;
  const wrong = (why: string) =>
    new UsageError(`--gpus ${text}: ${why}`, `Write all, a number, or '"device=0,1"' with the quotes of a list.`);
  const gpus: NonNullable<Group<"devices">["gpus"]> = {};
  for (const field of csvFields(text) ?? []) {
    const [, key = "count", value = ""] = /^(?:([a-z]+)=)?(.*)$/s.exec(field) ?? [];
    if (key === "count") gpus.count = gpuCount(value, wrong);
    else if (key === "device") gpus.ids = value.split(",");
    else if (key === "driver") gpus.driver = value;
    else if (key === "capabilities") gpus.capabilities = value.split(",");
    else throw wrong(`${JSON.stringify(key)} is none of count, device, driver, capabilities`);
  }
  if (Object.keys(gpus).length === 0) throw wrong("not a number of devices");
  return gpus;
}

function gpuCount(text: string, wrong: (why: string) => UsageError): "all" | number {
  if (text === "all" || text === "-1") return "all";
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw wrong(`${JSON.stringify(text)} is not a number of devices`);
}

function limitsOf(flags: FlagValues): Loose<Group<"limits">> {
  const swap = flags.text("memory-swap");
  return {
    ulimits: lastOfEach(listOf(flags, "ulimit")?.map(parseUlimit)),
    shmSizeBytes: flags.text("shm-size"),
    sysctls: entriesOf(flags, "sysctl"),
    pids: pidsOf(flags.text("pids-limit")),
    // In docker, 0 is the same as no flag.
    memorySwapBytes: swap === "-1" ? -1 : swap === "0" ? undefined : swap,
  };
}

/** As in docker, the last limit of a name counts. */
function lastOfEach<T extends { name: string }>(limits: readonly T[] | undefined): T[] | undefined {
  return limits && [...new Map(limits.map((limit) => [limit.name, limit])).values()];
}

function pidsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^(-1|\d{1,7})$/.test(text)) return Number(text);
  throw new UsageError(`--pids-limit ${text}: expected a number of processes`, "Write a number, or -1 for no limit.");
}

/** `nofile=1024`, `nofile=1024:2048`, `memlock=-1` */
function parseUlimit(text: string): NonNullable<Group<"limits">["ulimits"]>[number] {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  if (name === undefined)
    throw new UsageError(
      `--ulimit ${text}: expected a name and a number`,
      "Write NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:2048.",
    );
  return { name: name as "core", soft: Number(soft), hard: Number(hard) };
}

function healthOf(flags: FlagValues): Loose<Group<"health">> {
  const command = flags.text("health-cmd");
  if (command === "")
    throw new UsageError("--health-cmd: the command is empty", "Write a command, or --no-healthcheck for no check.");
  return {
    command,
    intervalMs: flags.durationMs("health-interval"),
    timeoutMs: flags.durationMs("health-timeout"),
    startPeriodMs: flags.durationMs("health-start-period"),
    retries: flags.integer("health-retries", 0, 1000) || undefined,
    disabled: flags.has("no-healthcheck") || undefined,
  };
}
