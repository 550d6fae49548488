// The port to the files that a worker keeps on its node for containers: each is mounted into one container, which only reads it.

import type { ContentKind } from "../../model/config/config.ts";

/** Which file of which container. */
export interface FileKey {
  readonly taskId: string;
  readonly container: string;
  readonly kind: ContentKind;
  /** Its place in the container's list. */
  readonly index: number;
}

export interface NodeFile {
  readonly bytes: Uint8Array;
  /** Null: that of the worker. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly mode: number;
}

/** A file could not be written. The message says why. */
export class FileError extends Error {
  override name = "FileError";
}

export interface NodeFiles {
  /**
   * Writes the file, unless it is as wanted already, and says where it is on the node. A file that is there is rewritten in
   * place, so that containers see what is new. Throws FileError.
   */
  write(key: FileKey, file: NodeFile): { path: string; changed: boolean };

  /** Removes the files of a container. */
  remove(taskId: string, container: string): void;

  /** Removes the files of all tasks for which it does not hold. */
  keep(isKnown: (taskId: string) => boolean): void;

  /** True for the path of such a file. */
  isOwn(path: string): boolean;
}
