// Turns the flags of `run` into the body of a create request. It checks only the form; the master validates names, images
// and sizes.

import type { BodyInput } from "../../../api/operations/operations.ts";
import { isIpAddress } from "../../../lib/ip-address.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import type { Io } from "../../command/io.ts";
import { parseEnvFile } from "./env-file.ts";

export type TaskBody = BodyInput<"createTask">;
type Port = NonNullable<TaskBody["ports"]>[number];
type Mount = NonNullable<TaskBody["mounts"]>[number];

export async function taskBody(
  name: string,
  image: string,
  flags: FlagValues,
  command: readonly string[] | null,
  io: Io,
): Promise<TaskBody> {
  const variables = [...(await envFiles(flags.texts("env-file"), io)), ...environment(flags.texts("env"), io.env)];
  // Not written key by key: a variable may be named __proto__.
  const env = Object.fromEntries(variables);
  const labels = keyValues(flags.texts("label"), "--label");
  const ports = flags.texts("publish").map(parsePort);
  const mounts = [...flags.texts("volume").map(parseVolume), ...flags.texts("tmpfs").map(parseTmpfs)];
  const resources = resourcesOf(flags);
  const entrypoint = flags.text("entrypoint");
  const user = flags.text("user");
  const workingDir = flags.text("workdir");
  const platform = flags.text("platform");
  const pullPolicy = flags.text("pull") as TaskBody["pullPolicy"];
  const restartPolicy = flags.text("restart") as TaskBody["restartPolicy"];
  const constraints = flags.texts("constraint");
  const stopGraceSeconds = flags.integer("stop-timeout", 0, 1_000_000);
  return {
    name,
    image,
    ...(command && command.length > 0 ? { args: [...command] } : {}),
    ...(entrypoint === undefined ? {} : { command: entrypoint === "" ? [] : [entrypoint] }),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(ports.length > 0 ? { ports } : {}),
    ...(mounts.length > 0 ? { mounts } : {}),
    ...(resources ? { resources } : {}),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(constraints.length > 0 ? { constraints: [...constraints] } : {}),
    ...(stopGraceSeconds === undefined ? {} : { stopGraceSeconds }),
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(pullPolicy === undefined ? {} : { pullPolicy }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** Repeats the rule of model/fields.ts: loading the validator would take a third of the start time of a command. */
function parsePortNumber(text: string, least: 0 | 1): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= least && port <= 65_535 ? port : undefined;
}

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:8080:80`, `0.0.0.0::80` */
export function parsePort(text: string): Port {
  const wrong = (why: string) =>
    new UsageError(`-p ${text}: ${why}`, "Write CONTAINER, HOST:CONTAINER or IP:HOST:CONTAINER, with /udp for UDP.");
  const match = /^(?:(?:(\[[^\]]+\]|[^:[\]]+):)?([^:/]*):)?([^:/]+)(?:\/([a-z]+))?$/i.exec(text);
  if (!match) throw wrong("not a port");
  const [, ip, host, container] = match;
  const protocol = (match[4] ?? "tcp").toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp") throw wrong(`${protocol} is neither tcp nor udp`);
  const containerPort = parsePortNumber(container!, 1);
  if (containerPort === undefined) throw wrong(`${container} is not a port from 1 to 65535`);
  const hostPort = host ? parsePortNumber(host, 0) : null;
  if (hostPort === undefined) throw wrong(`${host} is not a port from 0 to 65535`);
  const hostIp = ip?.replace(/^\[|\]$/g, "");
  if (hostIp !== undefined && !isIpAddress(hostIp)) throw wrong(`${hostIp} is not an IP address`);
  return {
    containerPort,
    ...(hostPort === null ? {} : { hostPort }),
    ...(protocol === "udp" ? { protocol } : {}),
    ...(hostIp === undefined ? {} : { hostIp }),
  };
}

/** `data:/var/lib/data`, `/srv/www:/www:ro` */
export function parseVolume(text: string): Mount {
  const [source = "", target, mode, ...more] = text.split(":");
  const wrong = (why: string) =>
    new UsageError(`-v ${text}: ${why}`, "Write NAME:/PATH[:ro] or /HOST/PATH:/PATH[:ro].");
  if (source === "" || target === undefined) throw wrong("a volume needs a source and a path in the container");
  if (more.length > 0) throw wrong("too many parts");
  if (!target.startsWith("/"))
    throw wrong(`the path in the container must begin with "/"; got ${JSON.stringify(target)}`);
  if (mode !== undefined && mode !== "ro" && mode !== "rw") throw wrong(`${JSON.stringify(mode)} is neither ro nor rw`);
  if (/^[.~]/.test(source)) {
    throw wrong(
      "the source must be an absolute path or a volume name, because a relative path has no meaning on another node",
    );
  }
  return {
    type: source.startsWith("/") ? "bind" : "volume",
    source,
    target,
    ...(mode === "ro" ? { readOnly: true } : {}),
  };
}

/** `/run`, `/run:64m`, `/run:size=64m` */
export function parseTmpfs(text: string): Mount {
  const [target = "", size, ...more] = text.split(":");
  if (!target.startsWith("/") || more.length > 0) {
    throw new UsageError(`--tmpfs ${text}: expected an absolute path`, "Write /PATH or /PATH:SIZE, such as /run:64m.");
  }
  return { type: "tmpfs", target, ...(size ? { sizeBytes: size.replace(/^size=/, "") } : {}) };
}

/** --memory and --cpus set both the request and the limit; --reserve-* lowers the request. */
function resourcesOf(flags: FlagValues): TaskBody["resources"] {
  const amount = (limit: string | undefined, request: string | undefined) => {
    if (request === undefined) return limit;
    return limit === undefined ? { request } : { request, limit };
  };
  const cpu = amount(flags.text("cpus"), flags.text("reserve-cpu"));
  const memory = amount(flags.text("memory"), flags.text("reserve-memory"));
  if (cpu === undefined && memory === undefined) return undefined;
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}

/** `KEY=VALUE`, or `KEY` alone for the value in the caller's environment, as in docker. */
function environment(entries: readonly string[], env: Io["env"]): Variable[] {
  return entries.flatMap((entry): Variable[] => {
    const equals = entry.indexOf("=");
    if (equals === 0) throw new UsageError(`-e ${entry}: the name is missing`, "Write KEY=VALUE.");
    if (equals > 0) return [[entry.slice(0, equals), entry.slice(equals + 1)]];
    return env[entry] === undefined ? [] : [[entry, env[entry]]];
  });
}

type Variable = [name: string, value: string];

async function envFiles(paths: readonly string[], io: Io): Promise<Variable[]> {
  const variables: Variable[] = [];
  for (const path of paths) {
    let text: string;
    try {
      text = await io.readFile(path);
    } catch (error) {
      throw new Failure(
        `cannot read --env-file ${path}: ${(error as Error).message}`,
        "Expected one KEY=VALUE per line, with # for comments.",
      );
    }
    variables.push(...parseEnvFile(path, text, io.env));
  }
  return variables;
}

/** `key=value`, or `key` for an empty value. */
export function keyValues(entries: readonly string[], flag: string): Record<string, string> {
  const pairs = entries.map((entry): Variable => {
    const equals = entry.indexOf("=");
    const key = equals < 0 ? entry : entry.slice(0, equals);
    if (key === "") throw new UsageError(`${flag} ${entry}: the key is missing`, "Write key=value.");
    return [key, equals < 0 ? "" : entry.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}
