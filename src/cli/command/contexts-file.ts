// The file of contexts: named masters with their tokens, and which one is in use. It holds secrets, so only its owner may
// read it. What a later version adds to the file is kept when it is written again.

import { withoutByteOrderMark } from "../../lib/byte-order-mark.ts";
import { fileErrorMeaning } from "../../lib/file-error.ts";
import { isObject } from "../../lib/is-object.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { warnIfOthersRead, warnOn } from "./secret-file.ts";

export interface SavedContext {
  readonly master: string;
  readonly token: string | null;
}

/** The name for no context: the default address, without a token. */
export const noContext = "default";

/** Throws a Failure if the file is there and cannot be used. */
export async function readContexts(io: Io): Promise<ContextsFile> {
  const path = contextsPath(io.env);
  let text: string;
  try {
    if (path === null) return new ContextsFile(null, {});
    text = await io.readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return new ContextsFile(path, {});
    throw new Failure(`cannot read the contexts in ${path}: ${fileErrorMeaning(error)}`);
  }
  const content = parsed(text);
  if (isObject(content)) return new ContextsFile(path, content);
  throw new Failure(`${path} is not a JSON object`, "Correct it, or remove it and add the contexts again");
}

/** As readContexts, for a command that only reads the file: a warning if it has a token, and others may read it. */
export async function useContexts(io: Io): Promise<ContextsFile> {
  const contexts = await readContexts(io);
  if (contexts.path !== null && contexts.holdsToken) await warnIfOthersRead(io, contexts.path, warnOn(io));
  return contexts;
}

/** Null if it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch {
    return null;
  }
}

/** Null if there is no folder for it. */
export function contextsPath({ PODLING_CONFIG, XDG_CONFIG_HOME, HOME, APPDATA }: Io["env"]): string | null {
  if (PODLING_CONFIG) return PODLING_CONFIG;
  const folder = XDG_CONFIG_HOME?.startsWith("/") ? XDG_CONFIG_HOME : HOME ? `${HOME}/.config` : APPDATA;
  return folder ? `${folder}/podling/config.json` : null;
}

export class ContextsFile {
  /** Null if there is no folder for it. */
  readonly path: string | null;
  readonly #content: Readonly<Record<string, unknown>>;
  readonly #contexts = new Map<string, Record<string, unknown>>();
  /** The context in use; `noContext` for none. */
  current: string;

  constructor(path: string | null, content: Record<string, unknown>) {
    this.path = path;
    this.#content = content;
    this.current = typeof content.current === "string" ? content.current : noContext;
    const { contexts = {} } = content;
    if (!isObject(contexts)) throw new Failure(`${path}: contexts is no object`, "Correct the file, or remove it");
    for (const [name, saved] of Object.entries(contexts)) {
      if (!isObject(saved) || typeof saved.master !== "string")
        throw new Failure(`${path}: the context ${name} has no master`, "Correct the file, or remove it");
      this.#contexts.set(name, saved);
    }
  }

  get holdsToken(): boolean {
    return this.names().some((name) => this.get(name)?.token);
  }

  names(): string[] {
    return [...this.#contexts.keys()];
  }

  get(name: string): SavedContext | null {
    const saved = this.#contexts.get(name);
    if (!saved) return null;
    return { master: saved.master as string, token: typeof saved.token === "string" ? saved.token : null };
  }

  set(name: string, { master, token }: SavedContext): void {
    this.#contexts.set(name, { master, ...(token === null ? {} : { token }) });
  }

  delete(name: string): void {
    this.#contexts.delete(name);
    if (this.current === name) this.current = noContext;
  }

  /** Readable by its owner only. Throws a Failure if it cannot be written. */
  save(io: Io): void {
    const { current: _, ...rest } = this.#content;
    const contexts = Object.fromEntries(this.#contexts);
    const content = { ...rest, ...(this.current === noContext ? {} : { current: this.current }), contexts };
    if (this.path === null)
      throw new Failure("there is no folder for the contexts", "Set HOME, or PODLING_CONFIG to the path of a file");
    try {
      io.writePrivateFile(this.path, `${JSON.stringify(content, null, 2)}\n`);
    } catch (error) {
      throw new Failure(`cannot write ${this.path}: ${fileErrorMeaning(error)}`);
    }
  }
}
