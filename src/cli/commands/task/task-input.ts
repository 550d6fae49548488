// Turns the flags of `run` into the body of a create request. It checks only the form; the master validates names, images
// and sizes.

import type { BodyInput } from "../../../api/operations/operations.ts";
import { fileErrorMeaning } from "../../../lib/file-error.ts";
import { limits } from "../../../model/limits.ts";
import { dockerArch } from "../../../model/node/node.ts";
import { Failure, UsageError } from "../../command/failure.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import type { Io } from "../../command/io.ts";
import { parseEnvFile } from "./env-file.ts";
import { contentsOf } from "./flags/contents.ts";
import { parseMount, parseTmpfs, parseVolume } from "./flags/mounts.ts";
import { containerOptions } from "./flags/options.ts";
import { placementOf } from "./flags/placement.ts";
import { parsePorts } from "./flags/ports.ts";
import { probesOf } from "./flags/probes.ts";

export type TaskBody = BodyInput<"createTask">;

export async function taskBody(
  name: string,
  image: string,
  flags: FlagValues,
  command: readonly string[] | null,
  io: Io,
): Promise<TaskBody> {
  const variables = [...(await envFiles(flags.texts("env-file"), io)), ...environment(flags.texts("env"), io.env)];
  const env = Object.fromEntries(variables);
  const labels = keyValues(flags.texts("label"), "--label");
  const ports = flags.texts("publish").flatMap(parsePorts);
  const mounts = [
    ...flags.texts("volume").map(parseVolume),
    ...flags.texts("mount").map(parseMount),
    ...flags.texts("tmpfs").map(parseTmpfs),
  ];
  const configs = contentsOf(flags, "config");
  const secrets = contentsOf(flags, "secret");
  const resources = resourcesOf(flags);
  const entrypoint = flags.text("entrypoint");
  const user = flags.text("user");
  const workingDir = flags.text("workdir");
  const platform = checkedPlatform(flags.text("platform"));
  const pullPolicy = flags.text("pull") as TaskBody["pullPolicy"];
  // docker takes --restart "" for its default, never.
  const restartPolicy = (flags.text("restart") || undefined) as TaskBody["restartPolicy"];
  const constraints = flags.texts("constraint").map(checkedConstraint);
  const placement = placementOf(flags);
  const priority = flags.integer("priority", -limits.priority, limits.priority);
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
    ...(configs ? { configs } : {}),
    ...(secrets ? { secrets } : {}),
    ...(resources ? { resources } : {}),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(constraints.length > 0 ? { constraints: [...constraints] } : {}),
    ...(placement ? { placement } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(stopGraceSeconds === undefined ? {} : { stopGraceSeconds }),
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(pullPolicy === undefined ? {} : { pullPolicy }),
    ...(platform === undefined ? {} : { platform }),
    ...(await containerOptions(flags, io)),
    ...probesOf(flags, ports),
  };
}

/** --memory and --cpus set both the request and the limit; --reserve-* lowers the request. */ /** docker's shells have a single equals sign for filters: here it is two, as the master will say less plainly. */
function checkedConstraint(text: string): string {
  const single = /^\s*([^=!\s]+)\s*=\s*([^=\s]+)\s*$/.exec(text);
  if (single)
    throw new UsageError(
      `--constraint ${text}: write two equals signs`,
      `Write --constraint ${single[1]}==${single[2]}`,
    );
  return text;
}

/** An architecture alone, as `uname -m` or docker names it: the system is missing. */
function checkedPlatform(text: string | undefined): string | undefined {
  const arch = text === undefined ? undefined : dockerArch(text.toLowerCase());
  if (arch === undefined || !/^(amd64|arm64|arm|386|riscv64|ppc64le|s390x)$/.test(arch)) return text;
  throw new UsageError(`--platform ${text}: the operating system is missing`, `Write --platform linux/${arch}`);
}

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
    if (equals === 0 || entry === "") throw new UsageError(`-e ${entry}: the name is missing`, "Write KEY=VALUE.");
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
        `cannot read --env-file ${path}: ${fileErrorMeaning(error)}`,
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
