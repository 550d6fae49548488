// From the flags of `run` to the task that is asked for. It reads forms; whether names, images and sizes are allowed
// is the master's to say.

import type { BodyInput } from "../../../api/operations/operations.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import type { Flags } from "../../command/flags.ts";
import type { Io } from "../../command/io.ts";
import { isIpAddress, parsePortNumber } from "./addresses.ts";

export type TaskBody = BodyInput<"createTask">;
type Port = NonNullable<TaskBody["ports"]>[number];
type Mount = NonNullable<TaskBody["mounts"]>[number];

export async function taskBody(
  name: string,
  image: string,
  flags: Flags,
  command: readonly string[] | null,
  io: Io,
): Promise<TaskBody> {
  const env = { ...(await envFiles(flags.texts("env-file"), io)), ...environment(flags.texts("env"), io.env) };
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

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:8080:80`, `0.0.0.0::80` */
export function parsePort(text: string): Port {
  const wrong = (why: string) =>
    new UsageError(
      `-p ${text}: ${why}`,
      "Write CONTAINER, HOST:CONTAINER or IP:HOST:CONTAINER, and /udp where it is not tcp.",
    );
  const match = /^(?:(?:(\[[^\]]+\]|[^:[\]]+):)?([^:/]*):)?([^:/]+)(?:\/([a-z]+))?$/.exec(text);
  if (!match) throw wrong("this is no port");
  const [, ip, host, container, protocol = "tcp"] = match;
  if (protocol !== "tcp" && protocol !== "udp") throw wrong(`${protocol} is neither tcp nor udp`);
  const containerPort = parsePortNumber(container!, 1);
  if (containerPort === undefined) throw wrong(`${container} is no port from 1 to 65535`);
  const hostPort = host ? parsePortNumber(host, 0) : null;
  if (hostPort === undefined) throw wrong(`${host} is no port from 0 to 65535`);
  const hostIp = ip?.replace(/^\[|\]$/g, "");
  if (hostIp !== undefined && !isIpAddress(hostIp)) throw wrong(`${hostIp} is no IP address`);
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
  if (more.length > 0) throw wrong("it has more than three parts");
  if (!target.startsWith("/"))
    throw wrong(`the path in the container must begin with "/"; got ${JSON.stringify(target)}`);
  if (mode !== undefined && mode !== "ro" && mode !== "rw") throw wrong(`${JSON.stringify(mode)} is neither ro nor rw`);
  if (/^[.~]/.test(source)) {
    throw wrong("a relative path means nothing on another node: the source must be absolute, or a volume's name");
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

/** One amount is both what is set aside and what is enforced; --reserve-* sets less aside. */
function resourcesOf(flags: Flags): TaskBody["resources"] {
  const amount = (limit: string | undefined, request: string | undefined) => {
    if (request === undefined) return limit;
    return limit === undefined ? { request } : { request, limit };
  };
  const cpu = amount(flags.text("cpus"), flags.text("reserve-cpu"));
  const memory = amount(flags.text("memory"), flags.text("reserve-memory"));
  if (cpu === undefined && memory === undefined) return undefined;
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}

/** `KEY=VALUE`; a bare `KEY` takes the value that it has here, as docker does. */
function environment(entries: readonly string[], env: Io["env"]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const entry of entries) {
    const equals = entry.indexOf("=");
    if (equals === 0) throw new UsageError(`-e ${entry}: the name is missing`, "Write KEY=VALUE.");
    if (equals > 0) values[entry.slice(0, equals)] = entry.slice(equals + 1);
    else if (env[entry] !== undefined) values[entry] = env[entry];
  }
  return values;
}

async function envFiles(paths: readonly string[], io: Io): Promise<Record<string, string>> {
  let values: Record<string, string> = {};
  for (const path of paths) {
    let text: string;
    try {
      text = await io.readFile(path);
    } catch (error) {
      throw new Failure(
        `cannot read --env-file ${path}: ${(error as Error).message}`,
        "One KEY=VALUE a line, # for comments.",
      );
    }
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
    values = { ...values, ...environment(lines, io.env) };
  }
  return values;
}

/** `key=value`, or `key` for an empty value. */
export function keyValues(entries: readonly string[], flag: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const entry of entries) {
    const equals = entry.indexOf("=");
    const key = equals < 0 ? entry : entry.slice(0, equals);
    if (key === "") throw new UsageError(`${flag} ${entry}: the key is missing`, "Write key=value.");
    values[key] = equals < 0 ? "" : entry.slice(equals + 1);
  }
  return values;
}
