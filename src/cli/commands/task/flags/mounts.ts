// -v, --tmpfs and --mount of `run`, in docker's forms.

import type { BodyInput } from "../../../../api/operations/operations.ts";
import { UsageError } from "../../../command/failure.ts";
import { csvFields } from "./csv.ts";

export type Mount = NonNullable<BodyInput<"createTask">["mounts"]>[number];
type Options = { -readonly [Key in keyof NonNullable<Mount["options"]>]: NonNullable<Mount["options"]>[Key] };

const propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"] as const;
const consistencies = ["consistent", "cached", "delegated"] as const;

const relativePath =
  "the source must be an absolute path or a volume name, because a relative path has no meaning on another node";

/** `/data`, `data:/var/lib/data`, `/srv/www:/www:ro,z` */
export function parseVolume(text: string): Mount {
  const parts = text.split(":");
  const [source, target, modes = ""] = parts.length === 1 ? ["", text] : parts;
  const wrong = (why: string) =>
    new UsageError(`-v ${text}: ${why}`, "Write NAME:/PATH[:ro], /HOST/PATH:/PATH[:ro], or /PATH for a new volume.");
  if (parts.length > 1 && source === "") throw wrong("the source is missing");
  if (parts.length > 3) throw wrong("too many parts");
  if (/^[.~]|^[^/].*\//.test(source!)) throw wrong(relativePath);
  if (!/^$|^\/|^[\w.-]+$/.test(source!))
    throw wrong(`${JSON.stringify(source)} is no name of a volume: letters, digits, '_', '.' and '-'`);
  if (!target!.startsWith("/"))
    throw wrong(`the path in the container must begin with "/"; got ${JSON.stringify(target)}`);
  const type = source!.startsWith("/") ? "bind" : "volume";
  const { readOnly, options } = volumeModes(modes, type, wrong);
  return {
    type,
    ...(source === "" ? {} : { source: source! }),
    target: target!,
    ...(readOnly ? { readOnly } : {}),
    ...(Object.keys(options).length > 0 ? { options } : {}),
  };
}

function volumeModes(modes: string, type: "bind" | "volume", wrong: (why: string) => UsageError) {
  const options: Options = {};
  let readOnly = false;
  for (const mode of modes === "" ? [] : modes.split(",")) {
    const propagation = propagations.find((one) => one === mode);
    const consistency = consistencies.find((one) => one === mode);
    if (mode === "ro") readOnly = true;
    else if (mode === "z" || mode === "Z") options.selinux = mode;
    else if (type === "bind" && propagation) options.propagation = propagation;
    else if (consistency) options.consistency = consistency;
    else if (type === "volume" && mode === "nocopy") options.noCopy = true;
    else if (mode !== "rw")
      throw wrong(`${JSON.stringify(mode)} is no mode of a ${type === "bind" ? "bind mount" : "volume"}`);
  }
  return { readOnly, options };
}

/** `/run`, `/run:64m`, `/run:size=64m,mode=1777,noexec` */
export function parseTmpfs(text: string): Mount {
  const [target = "", list = "", ...more] = text.split(":");
  const wrong = (why: string) =>
    new UsageError(
      `--tmpfs ${text}: ${why}`,
      "Write /PATH, /PATH:SIZE or /PATH:OPTIONS, such as /run:size=64m,noexec.",
    );
  if (!target.startsWith("/") || more.length > 0) throw wrong("expected an absolute path");
  const mount: Mount & { options?: Options } = { type: "tmpfs", target };
  const flags: string[] = [];
  for (const option of list === "" ? [] : list.split(",")) {
    const [name, value] = pair(option);
    if (option === "ro") mount.readOnly = true;
    else if (/^\d/.test(option)) mount.sizeBytes = option;
    else if (name === "size" && !value?.endsWith("%")) mount.sizeBytes = value ?? "";
    else if (name === "mode")
      mount.options = {
        ...mount.options,
        mode: octal(value, () => wrong(`${option}: expected an octal number such as 1777`)),
      };
    else if (option !== "rw") flags.push(option);
  }
  if (flags.length > 0) mount.options = { ...mount.options, flags };
  return mount;
}

/** "a=b=c" as ["a", "b=c"], "a" as ["a", undefined]. */
function pair(text: string): [name: string, value: string | undefined] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

function octal(text: string | undefined, wrong: () => UsageError): number {
  if (text === undefined || !/^[0-7]{1,5}$/.test(text)) throw wrong();
  return Number.parseInt(text, 8);
}

const mountHint =
  "Write type=bind,source=/HOST/PATH,target=/PATH[,readonly], type=volume,source=NAME,target=/PATH or type=tmpfs,target=/PATH.";

/** `type=bind,source=/srv,target=/www,readonly`, with docker's keys. */
export function parseMount(text: string): Mount {
  const wrong = (why: string, hint = mountHint) => new UsageError(`--mount ${text}: ${why}`, hint);
  const fields = csvFields(text);
  if (fields === undefined) throw wrong("a quote is not closed");
  const reader = new MountReader(wrong);
  for (const field of fields) reader.read(...pair(field));
  return reader.mount();
}

class MountReader {
  readonly #wrong: (why: string, hint?: string) => UsageError;
  readonly #options: Options = {};
  #type = "volume";
  #source = "";
  #target = "";
  #readOnly = false;
  #sizeBytes: string | undefined;

  constructor(wrong: (why: string, hint?: string) => UsageError) {
    this.#wrong = wrong;
  }

  read(written: string, value: string | undefined): void {
    const key = written.toLowerCase();
    const options = this.#options;
    if (key === "readonly" || key === "ro") this.#readOnly = this.#truth(key, value);
    else if (key === "volume-nocopy") options.noCopy = this.#truth(key, value);
    else if (key === "bind-nonrecursive") options.nonRecursive = this.#truth(key, value);
    else if (value === undefined) throw this.#wrong(`${written} has no value`);
    else if (key === "type") this.#type = value.toLowerCase();
    else if (key === "source" || key === "src") this.#source = value;
    else if (key === "target" || key === "dst" || key === "destination") this.#target = value;
    else if (key === "consistency") this.#setConsistency(value);
    else if (key === "bind-propagation") options.propagation = this.#oneOf(propagations, key, value);
    else if (key === "bind-recursive") this.#setRecursive(value);
    else if (key === "volume-driver") options.driver = value;
    else if (key === "volume-opt") options.driverOptions = { ...options.driverOptions, ...this.#entry(key, value) };
    else if (key === "volume-label") options.labels = { ...options.labels, ...this.#entry(key, value) };
    else if (key === "tmpfs-size") this.#sizeBytes = value;
    else if (key === "tmpfs-mode")
      options.mode = octal(value, () => this.#wrong(`${key}: expected an octal number such as 1777`));
    else throw this.#wrong(`${JSON.stringify(written)} is not among the keys that Podling knows`);
  }

  mount(): Mount {
    const type = this.#type;
    if (type !== "bind" && type !== "volume" && type !== "tmpfs")
      throw this.#wrong(`the type ${JSON.stringify(type)} is none of bind, volume, tmpfs`);
    if (this.#target === "") throw this.#wrong("the target is missing");
    if (type === "bind" && /^[.~]/.test(this.#source)) throw this.#wrong(relativePath);
    return {
      type,
      ...(this.#source === "" ? {} : { source: this.#source }),
      target: this.#target,
      ...(this.#readOnly ? { readOnly: true } : {}),
      ...(this.#sizeBytes === undefined ? {} : { sizeBytes: this.#sizeBytes }),
      ...(Object.keys(this.#options).length > 0 ? { options: this.#options } : {}),
    };
  }

  #setConsistency(value: string): void {
    if (value !== "default") this.#options.consistency = this.#oneOf(consistencies, "consistency", value);
  }

  #setRecursive(value: string): void {
    if (value === "disabled") this.#options.nonRecursive = true;
    else if (value !== "enabled") throw this.#wrong(`bind-recursive=${value}: Podling knows enabled and disabled`);
  }

  #truth(key: string, value: string | undefined): boolean {
    if (value === undefined || value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    throw this.#wrong(`${key}: expected true or false; got ${JSON.stringify(value)}`);
  }

  #oneOf<T extends string>(choices: readonly T[], key: string, value: string): T {
    const found = choices.find((one) => one === value);
    if (found === undefined) throw this.#wrong(`${key}: expected ${choices.join(", ")}; got ${JSON.stringify(value)}`);
    return found;
  }

  #entry(key: string, value: string): Record<string, string> {
    const [name, of] = pair(value);
    if (name === "") throw this.#wrong(`${key}: the name before = is missing`);
    return { [name]: of ?? "" };
  }
}
