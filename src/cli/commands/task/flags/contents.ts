// The flags of `run` that give a container configs and secrets: NAME:/PATH, docker's long form, and VAR=NAME for variables.

import type { BodyInput } from "../../../../api/operations/operations.ts";
import { UsageError } from "../../../command/failure.ts";
import type { FlagValues } from "../../../command/flag-values.ts";
import { csvFields } from "./csv.ts";

export type Reference = NonNullable<BodyInput<"createTask">["configs"]>[number];
type Loose = { -readonly [Field in keyof Reference]: Reference[Field] };
type Noun = "config" | "secret";

/** Undefined if none was given. `NONE` alone takes away what a service has. */
export function contentsOf(flags: FlagValues, noun: Noun): Reference[] | undefined {
  const files = flags.texts(noun);
  const variables = flags.texts(`${noun}-env`);
  if (files.length + variables.length === 0) return undefined;
  if (files.length === 1 && files[0] === "" && variables.length === 0) return [];
  return [...files.map((text) => parseFile(text, noun)), ...variables.map((text) => parseVariable(text, noun))];
}

/** `app.conf:/etc/app.conf`, `app.conf`, `app.conf@3:/etc/app.conf`, `source=app.conf,target=/etc/app.conf,mode=0440` */
export function parseFile(text: string, noun: Noun): Reference {
  const wrong = (why: string) =>
    new UsageError(
      `--${noun} ${text}: ${why}`,
      `Write NAME:/PATH, or source=NAME,target=/PATH,uid=UID,gid=GID,mode=0440,on-change=restart|signal|none,signal=HUP.`,
    );
  const [first = "", ...rest] = csvFields(text) ?? [];
  if (first === "") throw wrong("the name is missing");
  const isShort = !/^[a-z-]+=/i.test(first);
  const found: Loose = isShort ? shortForm(first, wrong) : { name: "" };
  for (const field of isShort ? rest : [first, ...rest]) readField(found, field, noun, wrong);
  if (found.name === "") throw wrong("the source is missing");
  return found;
}

function shortForm(text: string, wrong: (why: string) => UsageError): Loose {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  if (name === "") throw wrong("the name is missing");
  if (colon < 0) return named(name);
  const target = text.slice(colon + 1);
  if (!target.startsWith("/"))
    throw wrong(`the path in the container must begin with "/"; got ${JSON.stringify(target)}`);
  return { ...named(name), target };
}

/** "app.conf@3" */
function named(text: string): Loose {
  const [, name, version] = /^(.+)@(\d{1,15})$/.exec(text) ?? [];
  return name === undefined ? { name: text } : { name, version: Number(version) };
}

function readField(found: Loose, field: string, noun: Noun, wrong: (why: string) => UsageError): void {
  const equals = field.indexOf("=");
  const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
  const value = equals < 0 ? "" : field.slice(equals + 1);
  if (value === "") throw wrong(`${key} has no value`);
  if (key === "source" || key === "src") Object.assign(found, named(value));
  else if (key === "target" || key === "dst" || key === "destination") found.target = pathOf(value, noun);
  else if (key === "version") found.version = wholeNumber(value, key, wrong);
  else if (key === "uid" || key === "gid") found[key] = wholeNumber(value, key, wrong);
  else if (key === "mode") {
    if (!/^[0-7]{1,5}$/.test(value)) throw wrong("mode: expected an octal number such as 0440");
    found.mode = Number.parseInt(value, 8);
  } else if (key === "on-change" || key === "onchange") {
    if (value !== "restart" && value !== "signal" && value !== "none")
      throw wrong(`on-change: ${JSON.stringify(value)} is none of restart, signal, none`);
    found.onChange = value;
  } else if (key === "signal") found.signal = value;
  else throw wrong(`${JSON.stringify(key)} is not among the keys that Podling knows`);
}

/** docker takes a name for a file in its usual folder. */
function pathOf(target: string, noun: Noun): string {
  if (target.startsWith("/")) return target;
  return noun === "config" ? `/${target}` : `/run/secrets/${target}`;
}

function wholeNumber(text: string, key: string, wrong: (why: string) => UsageError): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrong(`${key}: expected a whole number`);
}

/** `DB_PASSWORD=db-password` */
export function parseVariable(text: string, noun: Noun): Reference {
  const equals = text.indexOf("=");
  if (equals > 0 && equals < text.length - 1) return { ...named(text.slice(equals + 1)), env: text.slice(0, equals) };
  throw new UsageError(`--${noun}-env ${text}: expected a variable and a name`, `Write --${noun}-env VARIABLE=NAME.`);
}
