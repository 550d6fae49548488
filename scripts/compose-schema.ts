// Writes build/compose/validator.ts, the check of compose files compiled from their published schema, and
// build/compose/keys.json, every key of that schema. scripts/setup runs it when this file or the lock file has changed. The
// schema is read from the package dclint and is not part of this repository.

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A check that ajv has compiled; this script only passes it on. */
type Check = (value: unknown) => boolean;

/** What this script uses of ajv. */
interface AjvCompiler {
  compile(schema: object): Check;
}
type AjvClass = new (options: object) => AjvCompiler;
type StandaloneCode = (ajv: AjvCompiler, check: Check) => string;

/** What this script reads of a JSON schema of draft 7. */
interface Schema {
  $ref?: string;
  definitions?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
}

const root = resolve(import.meta.dir, "..");
const folder = join(root, "build/compose");
/** By path, because the package exports none of its data. */
const schemaFile = join(root, "node_modules/dclint/schemas/compose.schema.json");

/** Texts for people: the check does not need them, and an executable would carry them along. */
const notes = ["description", "title", "default", "deprecated"];

/** `value` without the notes of schemas. A property may have the name of a note: its schema is an object, a note is none. */
function withoutNotes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNotes);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, one]) => !notes.includes(key) || typeof one === "object");
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutNotes(one)]));
}

/**
 * The keys below `path`, such as services.*.ports[].target: `*` is a name that the user chooses, `[]` an item of a list. Keys of
 * extensions stand everywhere, and are one key here: x-*.
 */
function addKeys(keys: Set<string>, definitions: Record<string, Schema>, schema: Schema, path: string): void {
  const add = (below: Schema, at: string) => addKeys(keys, definitions, below, at);
  if (schema.$ref) add(definitions[schema.$ref.split("/").at(-1) ?? ""] ?? {}, path);
  for (const branch of schema.oneOf ?? []) add(branch, path);
  for (const [key, below] of Object.entries(schema.properties ?? {})) {
    const at = path === "" ? key : `${path}.${key}`;
    keys.add(at);
    add(below, at);
  }
  for (const [pattern, below] of Object.entries(schema.patternProperties ?? {})) {
    if (pattern === "^x-") keys.add("x-*");
    else add(below, `${path}.*`);
  }
  if (schema.items) add(schema.items, `${path}[]`);
}

/** By name at run time, so that a checkout without ajv can be type-checked. */
const load = async <T>(name: string): Promise<T> => (await import(name)) as T;

/** The check as one module that needs no package: the few functions of ajv that it calls are bundled with it. */
async function compile(schema: object, scratch: string): Promise<string> {
  const { Ajv } = await load<{ Ajv: AjvClass }>("ajv");
  const { default: standaloneCode } = await load<{ default: StandaloneCode }>("ajv/dist/standalone");
  const ajv = new Ajv({
    ...{ allErrors: true, messages: false, strict: false, logger: false },
    code: { source: true, esm: true },
  });
  const raw = join(scratch, "validator.js");
  writeFileSync(raw, standaloneCode(ajv, ajv.compile(schema)));
  const built = await Bun.build({ entrypoints: [raw], format: "esm", target: "bun", minify: true });
  const [module] = built.outputs;
  if (!built.success || module === undefined) throw new Error(`the check cannot be bundled: ${built.logs.join("; ")}`);
  return module.text();
}

/** Several processes may run this at a time. A reader never sees a part of a file, because it is renamed into its place. */
async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, ".new-"));
  const write = (name: string, text: string) => {
    writeFileSync(join(scratch, name), text);
    renameSync(join(scratch, name), join(folder, name));
  };
  try {
    const { $schema: _, ...schema } = JSON.parse(readFileSync(schemaFile, "utf8")) as Schema & { $schema: string };
    const keys = new Set<string>();
    addKeys(keys, schema.definitions ?? {}, schema, "");
    write("keys.json", `${JSON.stringify([...keys].sort(), null, 2)}\n`);
    const code = await compile(withoutNotes(schema) as object, scratch);
    write("validator.ts", `// Made by scripts/compose-schema.ts.\n// @ts-nocheck\n${code}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

await main();
