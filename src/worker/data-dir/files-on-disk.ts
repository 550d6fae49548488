// The files of containers in folders of the node: TASK/CONTAINER/KIND-INDEX. Only the worker's user may enter the folders;
// containers have the files mounted, and see the mode of the file itself.

import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { ContentKind } from "../../model/config/config.ts";
import { FileError, type FileKey, type NodeFile, type NodeFiles } from "../contents/node-files.ts";

const ownerOnly = 0o700;

export class FilesOnDisk implements NodeFiles {
  readonly #folders: Readonly<Record<ContentKind, string>>;

  /** `folders`: absolute paths, one for each kind of content; no other worker uses them. */
  constructor(folders: Readonly<Record<ContentKind, string>>) {
    this.#folders = folders;
  }

  write({ taskId, container, kind, index }: FileKey, file: NodeFile): { path: string; changed: boolean } {
    const folder = join(this.#folders[kind], taskId, container);
    const path = join(folder, `${kind}-${index}`);
    try {
      mkdirSync(folder, { recursive: true, mode: ownerOnly });
      return { path, changed: written(path, file) };
    } catch (error) {
      throw new FileError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
    }
  }

  remove(taskId: string, container: string): void {
    for (const folder of Object.values(this.#folders)) {
      rmSync(join(folder, taskId, container), { recursive: true, force: true });
      // The folder of the task stays while another of its containers has files, or was not there.
      ignoring(["ENOENT", "ENOTEMPTY", "EEXIST"], () => rmdirSync(join(folder, taskId)));
    }
  }

  keep(isKnown: (taskId: string) => boolean): void {
    for (const folder of Object.values(this.#folders)) {
      const tasks = ignoring(["ENOENT"], () => readdirSync(folder)) ?? [];
      for (const taskId of tasks) if (!isKnown(taskId)) rmSync(join(folder, taskId), { recursive: true, force: true });
    }
  }

  isOwn(path: string): boolean {
    return Object.values(this.#folders).some((folder) => path.startsWith(`${folder}/`));
  }
}

/** In place: a container has the file itself mounted, and would not see another one of its name. True if it changed. */
function written(path: string, { bytes, uid, gid, mode }: NodeFile): boolean {
  const before = ignoring(["ENOENT"], () => readFileSync(path));
  const changed = before === null || !before.equals(bytes);
  const descriptor = opened(path, before !== null);
  try {
    if (changed) {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
      ftruncateSync(descriptor, bytes.length);
    }
    const stat = fstatSync(descriptor);
    const owner = { uid: uid ?? stat.uid, gid: gid ?? stat.gid };
    if (owner.uid !== stat.uid || owner.gid !== stat.gid) fchownSync(descriptor, owner.uid, owner.gid);
    if ((stat.mode & 0o7777) !== mode) fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
  return changed;
}

function opened(path: string, exists: boolean): number {
  if (!exists) return openSync(path, "wx+", 0o600);
  try {
    return openSync(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    // A worker that is not root may write its own file only if the mode allows it.
    chmodSync(path, 0o600);
    return openSync(path, "r+");
  }
}

/** Null if it failed with one of these codes. */
function ignoring<T>(codes: readonly string[], act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}
