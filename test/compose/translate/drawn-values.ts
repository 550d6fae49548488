// Values for keys of the compose schema, drawn from a seed: the schema says which forms a value may have, and a table says what texts
// mean something at a key.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isObject } from "../../../src/lib/is-object.ts";
import { type Random, randomItem } from "../../../src/lib/random.ts";

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  required?: string[];
  definitions?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
  minItems?: number;
}

const file = resolve(import.meta.dir, "../../../node_modules/dclint/schemas/compose.schema.json");
export const schema = JSON.parse(readFileSync(file, "utf8")) as Schema;

/** The first pattern that fits the path of a key says its value, where any text of the schema would not do. */
const meaningful: [path: RegExp, value: unknown][] = [
  [/healthcheck\.disable|external$/, true],
  [/healthcheck\.test$|develop.*command|(post_start|pre_stop).*command$/, ["CMD", "true"]],
  [/gpus\[\]\.count|devices\[\]\.count/, 2],
  [/(interval|timeout|start_period|delay|monitor|window|grace_period|pull_refresh_after)$/, "5s"],
  [/max_failure_ratio$/, 0.5],
  [/cpus$/, 0.5],
  [/cpuset$/, "0"],
  [/memswap_limit$/, "128m"],
  [/(mem_limit|mem_reservation|memory|shm_size|tmpfs\.size)$/, "64m"],
  [/(ports\[\]\.published)$/, "8080"],
  [/(expose|ports)$/, [80]],
  [/host_ip$|ipv4_address$|gateway$/, "127.0.0.1"],
  [/ipv6_address$/, "::1"],
  [/ports\[\]\.target$/, 80],
  [/ports\[\]\.protocol$/, "udp"],
  [/ports\[\]\.mode$/, "host"],
  [/dns$/, "9.9.9.9"],
  [/extra_hosts$/, ["a:10.0.0.1"]],
  [/(link_local_ips)$/, ["169.254.8.8"]],
  [/subnet$|ip_range$/, "10.1.0.0/16"],
  [/services\.\*\.platform$/, "linux/arm64"],
  [/pull_policy$/, "always"],
  [/services\.\*\.restart$/, "always"],
  [/restart_policy\.condition$/, "on-failure"],
  [/update_config\.failure_action$/, "pause"],
  [/deploy\.mode$/, "global"],
  [/endpoint_mode$/, "dnsrr"],
  [/constraints$/, ["node.labels.a==b"]],
  [/preferences\[\]\.spread$/, "node.labels.zone"],
  [/devices\[\]\.capabilities$/, ["gpu"]],
  [/network_mode$/, "none"],
  [/(cgroup|ipc|pid|uts|userns_mode)$/, "host"],
  [/stop_signal$/, "SIGINT"],
  [/(working_dir|(volumes|configs|secrets|devices)\[\]\.target)$/, "/x"],
  [/services\.\*\.devices\[\]\.source$/, "/dev/a"],
  [/services\.\*\.devices$/, ["/dev/a:/dev/b:r"]],
  [/devices\[\]\.permissions$/, "r"],
  [/blkio_config\.[a-z_]+\[\]\.path$/, "/dev/a"],
  [/security_opt$/, ["no-new-privileges:true"]],
  [/cap_(add|drop)$/, ["SYS_TIME"]],
  [/\.(uid|gid)$/, "5"],
  [/\.mode$/, 256],
  [/services\.\*\.volumes$/, ["data:/x"]],
  [/services\.\*\.volumes\[\]\.type$/, "volume"],
  [/services\.\*\.volumes\[\]\.source$/, "data"],
  [/services\.\*\.tmpfs$/, "/x"],
  [/services\.\*\.(configs|secrets)$/, ["c"]],
  [/services\.\*\.(configs|secrets)\[\]\.source$/, "c"],
  [/ulimits$/, { nofile: 5 }],
  [/ulimits\.\*\.hard$/, 9],
  [/sysctls$/, { "net.core.somaxconn": "9" }],
  [/depends_on$/, ["db"]],
  [/depends_on\.\*\.condition$/, "service_healthy"],
  [/extends\.service$/, "base"],
  [/(extends\.file|include\[\]\.path)$/, "other.yaml"],
  [/env_file(\[\]\.path)?$/, "v.env"],
  [/env_file\[\]\.format$/, "raw"],
  [/label_file$/, "v.labels"],
  [/services\.\*\.profiles$/, ["p"]],
  [/volumes_from$|links$/, ["db"]],
  [/external_links$/, ["other"]],
  [/container_name$/, "web-1"],
  [/(configs|secrets)\.\*\.environment$/, "V"],
  [/(configs|secrets)\.\*\.file$/, "f.txt"],
  [/include$/, ["other.yaml"]],
  [/include\[\]\.project_directory$/, "sub"],
  [/consistency$/, "cached"],
  [/propagation$/, "shared"],
  [/selinux$/, "z"],
  [/recursive$/, "disabled"],
  [/mac_address$/, "02:42:ac:11:65:43"],
  [/^name$/, "shop"],
  [/^services$/, { more: { image: "more" } }],
  [/^configs$/, { more: { content: "more" } }],
  [/^secrets$/, { more: { environment: "V" } }],
  [/services\.\*\.networks$/, ["front"]],
  [/services\.\*\.build$/, "."],
  [/post_start$|pre_stop$/, [{ command: "true" }]],
  [/services\.\*\.models$/, ["m"]],
  [/oom_score_adj$/, 5],
  [/services\.\*\.(image|user)$/, "text"],
  [/services\.\*\.environment$/, ["A=1"]],
  [/required$/, false],
  [/storage_opt$/, { size: "1G" }],
  [/ulimits\.\*\.soft$/, 1],
  [/^volumes$/, { more: {} }],
  [/build\.ulimits$/, { nofile: 5 }],
  [/deploy\.(labels)$/, { a: "b" }],
  [/x-\*$/, { canary: 1 }],
];

/** A value for the key at this path, as the schema allows it. */
export function drawValue(at: Schema, path: string, random: Random): unknown {
  const known = meaningful.find(([pattern]) => pattern.test(path));
  if (known) return structuredClone(known[1]);
  return draw(at, path, random, 0);
}

function draw(given: Schema, path: string, random: Random, depth: number): unknown {
  const at = resolved(given);
  if (at.enum) return randomItem(random, at.enum);
  if (at.oneOf) {
    const branches = at.oneOf.filter((one) => !isNothing(resolved(one)));
    return draw(randomItem(random, branches), path, random, depth);
  }
  const types = [at.type ?? "object"].flat().filter((type) => type !== "null");
  const type = randomItem(random, types.includes("boolean") ? ["boolean"] : types);
  if (type === "boolean") return true;
  const isNumber = types.includes("integer") || types.includes("number");
  if (isNumber) return type === "string" ? "5" : 5;
  if (type === "string") return "text";
  if (type === "array") return at.items ? [draw(at.items, `${path}[]`, random, depth + 1)] : ["text"];
  const value: Record<string, unknown> = {};
  const keys = Object.keys(at.properties ?? {});
  const drawn = keys.length > 0 && depth < 3 ? [randomItem(random, keys)] : [];
  for (const key of [...(at.required ?? []), ...drawn])
    value[key] = drawValue(at.properties?.[key] ?? {}, `${path}.${key}`, random);
  const free = Object.entries(at.patternProperties ?? {}).find(([pattern]) => pattern !== "^x-");
  if (free && depth < 2) value.some = draw(free[1], `${path}.*`, random, depth + 1);
  return value;
}

/** Values that count as left out. */
const isNothing = ({ type }: Schema): boolean => type === "null";

export function resolved(at: Schema): Schema {
  return at.$ref ? resolved(schema.definitions?.[at.$ref.split("/").at(-1)!] ?? {}) : at;
}

/** The schema of what stands below `step`: a key, `*` or `[]`. Null if there is none in any form. */
export function schemaBelow(given: Schema, step: string): Schema | null {
  const at = resolved(given);
  const own =
    step === "[]"
      ? at.items
      : step === "*"
        ? Object.entries(at.patternProperties ?? {}).find(([pattern]) => pattern !== "^x-")?.[1]
        : at.properties?.[step];
  if (own) return own;
  for (const branch of at.oneOf ?? []) {
    const found = schemaBelow(branch, step);
    if (found) return found;
  }
  return null;
}

/** The keys that must be beside `step`, with their schemas. */
export function requiredBeside(given: Schema, step: string): [string, Schema][] {
  const at = resolved(given);
  if (at.properties?.[step])
    return (at.required ?? []).filter((key) => key !== step).map((key) => [key, at.properties?.[key] ?? {}]);
  const branch = at.oneOf?.find((one) => schemaBelow(one, step));
  return branch ? requiredBeside(branch, step) : [];
}

/** `over` in `base`: mappings key by key, everything else as a whole. */
export function merged(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) result[key] = key in base ? merged(base[key], value) : value;
  return result;
}
