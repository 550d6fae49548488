// Gives containers the contents that they name: writes files before each start, and again when a content changes that a
// container follows.

import { contentsOf, hasContents, isSignalled, targetOf, type UsedContent } from "../../model/task/content-fields.ts";
import type { ContainerSpec, Mount } from "../../model/task/spec.ts";
import type { RegistryLogin } from "../../runtime/images.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import type { ContentStore } from "./content-store.ts";
import { FileError, type NodeFiles } from "./node-files.ts";

/** What a container gets beyond its spec. */
export interface Prepared {
  mounts: readonly Mount[];
  env: Readonly<Record<string, string>>;
}

/** Every user in the container may read it, and none may write it. */
const defaultMode = 0o444;
const defaultSignal = "SIGHUP";

const nothing: Prepared = Object.freeze({ mounts: [], env: {} });

export class TaskFiles {
  readonly #files: NodeFiles;
  readonly #store: ContentStore;

  constructor(files: NodeFiles, store: ContentStore) {
    this.#files = files;
    this.#store = store;
  }

  /**
   * Writes the files of a container that is about to be created or started. Throws RuntimeError: content-unavailable
   * (temporary), create-failed.
   */
  prepare(taskId: string, spec: ContainerSpec): Prepared {
    if (!hasContents(spec)) return nothing;
    const mounts: Mount[] = [];
    const env: Record<string, string> = {};
    for (const [index, used] of [...contentsOf(spec)].entries()) {
      const bytes = this.#bytesOf(used);
      const target = targetOf(used);
      if (target === null) env[used.reference.env!] = textOf(used, bytes);
      else {
        const { path } = this.#write(taskId, spec, index, used, bytes);
        mounts.push({ type: "bind", source: path, target, readOnly: true, sizeBytes: null });
      }
    }
    return { mounts, env };
  }

  /** Rewrites the files of a running container that may change, and returns the signals that it gets. Throws as prepare() does. */
  refresh(taskId: string, spec: ContainerSpec): string[] {
    const signals = new Set<string>();
    for (const [index, used] of [...contentsOf(spec)].entries()) {
      if (!isSignalled(used.reference)) continue;
      const { changed } = this.#write(taskId, spec, index, used, this.#bytesOf(used));
      if (changed) signals.add(used.reference.signal ?? defaultSignal);
    }
    return [...signals];
  }

  /** The login to the registry of an image that the cluster has stored; null: none. */
  loginFor(image: string): RegistryLogin | null {
    return this.#store.loginFor(image);
  }

  /** The container has ended, and is not started again. */
  release(taskId: string, container: string): void {
    this.#files.remove(taskId, container);
  }

  /** True for the path on the node of a file that prepare() has written. */
  isOwn(path: string): boolean {
    return this.#files.isOwn(path);
  }

  #bytesOf(used: UsedContent): Uint8Array {
    const found = this.#store.get(used);
    if ("bytes" in found) return found.bytes;
    throw new RuntimeError("content-unavailable", `its ${used.kind} ${used.reference.name} ${found.problem}`, true);
  }

  #write(taskId: string, { name: container }: ContainerSpec, index: number, used: UsedContent, bytes: Uint8Array) {
    const { kind, reference } = used;
    const { uid = null, gid = null, mode = defaultMode } = reference;
    try {
      return this.#files.write({ taskId, container, kind, index }, { bytes, uid, gid, mode });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new RuntimeError("create-failed", `its ${kind} ${reference.name}: ${error.message}`, true);
    }
  }
}

/** The spec of the container as the engine gets it. */
export function withPrepared(spec: ContainerSpec, { mounts, env }: Prepared): ContainerSpec {
  if (mounts.length === 0 && Object.keys(env).length === 0) return spec;
  return { ...spec, mounts: [...spec.mounts, ...mounts], env: { ...spec.env, ...env } };
}

/** As a shell's $(...): without the line end that most files have. */
function textOf({ kind, reference }: UsedContent, bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = "\0";
  }
  if (!text.includes("\0")) return text.replace(/\r?\n$/, "");
  const message = `its ${kind} ${reference.name} is not text, so that it cannot be the variable ${reference.env}`;
  throw new RuntimeError("create-failed", message, false);
}
