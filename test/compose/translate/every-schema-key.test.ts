// Adds each key of the published schema to a valid file, with drawn values: the report names it, or the input of the app is another
// one. Nothing is dropped in silence.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose files have variables

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Random, seededRandom } from "../../../src/lib/random.ts";
import { drawValue, merged, requiredBeside, schema, schemaBelow } from "./drawn-values.ts";
import { type Translated, translateTexts } from "./translated.ts";

const keys = JSON.parse(readFileSync(resolve(import.meta.dir, "../../../build/compose/keys.json"), "utf8")) as string[];

/** Keys that say what Podling does anyway, each with the test that shows it. */
const elsewhere: Record<string, string> = {
  "services.*.volumes[].bind": "key-lines.ts: its keys",
  "services.*.volumes[].volume": "key-lines.ts: its keys",
  "services.*.volumes[].tmpfs": "key-lines.ts: its keys",
  "services.*.healthcheck": "key-lines.ts: its keys",
  "services.*.logging": "key-lines.ts: its keys",
};

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

const files: Record<string, string> = {
  "v.env": "B=3",
  "/app/v.env": "A='1'",
  "/app/v.labels": "a=1",
  "/app/f.txt": "text",
  "other.yaml": "services: {base: {image: c, environment: {B: '${B:-1}'}, volumes: ['./d:/d']}}",
  "/app/other.yaml": "services: {base: {image: c, user: '1'}}",
  text: "B=2",
};

/** A document with the key, and the path where it stands. */
function withKey(path: string, random: Random): { document: object; at: (string | number)[] } {
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
function mergedItems(left: unknown, right: unknown): unknown {
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

function without(document: object, at: readonly (string | number)[]): object {
  const copy = structuredClone(document);
  let parent = copy as Record<string | number, unknown>;
  for (const step of at.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  delete parent[at.at(-1)!];
  return copy;
}

const read = (document: object): Promise<Translated> =>
  translateTexts({ "compose.yaml": JSON.stringify(document), ...files }, { env: { V: "v" } });

/** True if the report has the key, or a key above it that is refused or ignored as a whole. */
function isNamed({ report, warnings }: Translated, at: readonly (string | number)[]): boolean {
  const text = at
    .reduce<string>((sum, step) => (typeof step === "number" ? `${sum}[${step}]` : `${sum}.${step}`), "")
    .slice(1);
  if (warnings.some((warning) => warning.includes(`warning: ${text}: `))) return true;
  return report.some(({ what, says }) => {
    const isAbove = text.startsWith(`${what}.`) || text.startsWith(`${what}[`);
    return what === text || (isAbove && (says === "refused" || says === "ignored"));
  });
}

describe("no key is dropped in silence", () => {
  test.each(keys.filter((key) => !(key in elsewhere)))("%s", async (path) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { document, at } = withKey(path, seededRandom(seed));
      const shown = `seed ${seed}: ${JSON.stringify(document)}`;
      const translated = await read(document);
      expect(translated.errors, shown).toEqual([]);
      if (isNamed(translated, at)) continue;
      const other = await read(without(document, at));
      expect(other.errors.length > 0 ? null : other.input, shown).not.toEqual(translated.input);
    }
  });
});
