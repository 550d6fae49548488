// The files of containers in memory, for workers without a data folder: those of the simulation.

import type { FileKey, NodeFile, NodeFiles } from "./node-files.ts";

const folder = "/podling-files";

export class FilesInMemory implements NodeFiles {
  readonly #files = new Map<string, NodeFile>();

  /** By path. */
  get all(): ReadonlyMap<string, NodeFile> {
    return this.#files;
  }

  write({ taskId, container, kind, index }: FileKey, file: NodeFile): { path: string; changed: boolean } {
    const path = `${folder}/${taskId}/${container}/${kind}-${index}`;
    const before = this.#files.get(path);
    this.#files.set(path, file);
    return { path, changed: before === undefined || !Buffer.from(before.bytes).equals(file.bytes) };
  }

  remove(taskId: string, container: string): void {
    for (const path of this.#files.keys())
      if (path.startsWith(`${folder}/${taskId}/${container}/`)) this.#files.delete(path);
  }

  keep(isKnown: (taskId: string) => boolean): void {
    for (const path of this.#files.keys()) if (!isKnown(path.split("/")[2]!)) this.#files.delete(path);
  }

  isOwn(path: string): boolean {
    return path.startsWith(`${folder}/`);
  }
}
