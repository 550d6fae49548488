// Compose documents with a key of the schema in them, as drawn-values.ts draws its value.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose files have variables

import type { Random } from "../../../src/lib/random.ts";
import { drawValue, merged, requiredBeside, schema, schemaBelow } from "./drawn-values.ts";

/** The names that the user chooses, in the file that is drawn. */
const names: Record<string, string> = {
  services: "web",
  volumes: "data",
  configs: "c",
  secrets: "c",
  networks: "front",
  models: "m",
  ulimits: "nofile",
  depends_on: "db",
};

/** What a key needs beside it. */
const beside: [path: RegExp, document: object][] = [
  [
    /^services\.\*\.(volumes)\[\]\.(bind|consistency|source)/,
    web({ volumes: [{ type: "bind", source: "/a", target: "/x" }] }),
  ],
  [/^services\.\*\.volumes\[\]\.volume/, web({ volumes: [{ type: "volume", source: "data", target: "/x" }] })],
  [/^services\.\*\.volumes\[\]\.tmpfs/, web({ volumes: [{ type: "tmpfs", target: "/x" }] })],
  [/^services\.\*\.volumes\[\]\.image/, web({ volumes: [{ type: "image", source: "i", target: "/x" }] })],
  [/^services\.\*\.volumes\[\]/, web({ volumes: [{ type: "volume", source: "data", target: "/x" }] })],
  [/^services\.\*\.volumes/, {}],
  [/^services\.\*\.memswap_limit/, web({ mem_limit: "64m" })],
  [/^services\.\*\.configs\[\]/, web({ configs: [{ source: "c" }] })],
  [/^services\.\*\.secrets\[\]/, web({ secrets: [{ source: "c" }] })],
  [/^services\.\*\.networks/, { networks: { front: {} } }],
  [/^services\.\*\.models/, { models: { m: { model: "x" } } }],
  [/^services\.\*\.ports\[\]/, web({ ports: [{ target: 80 }] })],
  [/^services\.\*\.depends_on\.\*\.(restart|required)/, web({ depends_on: { db: { condition: "service_started" } } })],
  [/^services\.\*\.deploy\.update_config\.max_failure_ratio/, web({ deploy: { replicas: 4 } })],
  [
    /reservations\.devices\[\]/,
    web({ deploy: { resources: { reservations: { devices: [{ capabilities: ["gpu"] }] } } } }),
  ],
  [/^services\.\*\.env_file\[\]\.required/, web({ env_file: [{ path: "none.env" }] })],
  [/^services\.\*\.env_file\[\]/, web({ env_file: [{ path: "v.env" }] })],
  [
    /^services\.\*\.extends/,
    {
      ...web({ extends: { service: "base" } }),
      services: { web: { extends: { service: "base" } }, base: { image: "b", user: "1" } },
    },
  ],
  [/^services\.\*\.ulimits\.\*\.(soft|hard)/, web({ ulimits: { nofile: { soft: 1, hard: 2 } } })],
  [/^services\.\*\.build\./, web({ build: { context: "." } })],
  [/^services\.\*\.gpus\[\]\.device_ids/, web({ gpus: [{ driver: "a" }] })],
  [/^volumes\.\*\.(driver|external|labels)/, { ...web({ volumes: ["data:/x"] }), volumes: { data: {} } }],
  [/^(configs|secrets)\.\*\.(content|file|environment)/, {}],
  [/^configs/, { configs: { c: { environment: "V" } } }],
  [/^secrets/, { secrets: { c: { environment: "V" } } }],
  [/^include\[\]/, { include: [{ path: ["other.yaml"] }] }],
];

function web(keys: object): object {
  return { services: { web: keys } };
}

const base = { services: { web: { image: "nginx" }, db: { image: "redis" } } };
const used = { volumes: { data: {} }, configs: { c: { environment: "V" } }, secrets: { c: { environment: "V" } } };

export const files: Record<string, string> = {
  "v.env": "B=3",
  "/app/v.env": "A='1'",
  "/app/v.labels": "a=1",
  "/app/f.txt": "text",
  "other.yaml": "services: {base: {image: c, environment: {B: '${B:-1}'}, volumes: ['./d:/d']}}",
  "/app/other.yaml": "services: {base: {image: c, user: '1'}}",
  text: "B=2",
};

/** A document with the key, and the path where it stands. */
export function withKey(path: string, random: Random): { document: object; at: (string | number)[] } {
  const steps = path.replaceAll("[]", ".[]").split(".");
  const at: (string | number)[] = [];
  const build = (depth: number, given: object | null): unknown => {
    const step = steps[depth];
    if (step === undefined || given === null) return drawValue(given ?? {}, path, random);
    const below = step === "x-*" ? {} : schemaBelow(given, step);
    const key = step === "*" ? (names[String(steps[depth - 1])] ?? "some") : step === "x-*" ? "x-podling" : step;
    at.push(step === "[]" ? 0 : key);
    if (step === "[]") return [build(depth + 1, below)];
    const above = steps.slice(0, depth).join(".").replaceAll(".[]", "[]");
    const siblings = requiredBeside(given, step).map(([one, of]) => [one, drawValue(of, `${above}.${one}`, random)]);
    return { ...Object.fromEntries(siblings), [key]: build(depth + 1, below) };
  };
  const isExtension = path === "x-*";
  const built = isExtension ? web({ "x-podling": { canary: 1 } }) : build(0, schema);
  const [, needed = {}] = beside.find(([pattern]) => pattern.test(path)) ?? [];
  const sections = path.startsWith("services") && /volumes|configs|secrets/.test(path) ? used : {};
  const whole = mergedItems(mergedItems(mergedItems(base, sections), built), needed) as object;
  return { document: whole, at: isExtension ? ["services", "web", "x-podling"] : at };
}

/** As `merged`, and the first items of two lists of mappings are merged too. */
export function mergedItems(left: unknown, right: unknown): unknown {
  if (Array.isArray(left) && Array.isArray(right)) return [mergedItems(left[0], right[0])];
  if (
    typeof left !== "object" ||
    typeof right !== "object" ||
    Array.isArray(left) ||
    Array.isArray(right) ||
    !left ||
    !right
  )
    return merged(left, right);
  const result: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right))
    result[key] = key in result ? mergedItems(result[key], value) : value;
  return result;
}
