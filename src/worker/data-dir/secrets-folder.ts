// Where the files of secrets lie: in memory, in a folder that only the worker's user may enter. The engine must see the folder
// under the same path, because it mounts the files from there.

import { accessSync, constants, lstatSync, mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { secretsName } from "../../model/data-files.ts";

/** The types of file systems in memory, as statfs(2) numbers them: tmpfs and ramfs. */
const memoryTypes: readonly number[] = [0x01021994, 0x858458f6];

export interface SecretsFolder {
  readonly path: string;
  /** False: the files are on a disk, because no folder in memory can be used. */
  readonly inMemory: boolean;
}

/** `asked`: null for the usual places. Each worker of a machine has a folder of its own, by its data folder. */
export function secretsFolder(
  dataDir: string,
  asked: string | null,
  env: Readonly<Record<string, string | undefined>>,
): SecretsFolder {
  const own = Bun.hash(dataDir).toString(36);
  for (const base of asked === null ? usualFolders(env) : [asked]) {
    if (isUsable(base) && (asked !== null || isInMemory(base)))
      return { path: join(base, own), inMemory: isInMemory(base) };
  }
  return { path: join(dataDir, secretsName), inMemory: false };
}

function usualFolders({ XDG_RUNTIME_DIR }: Readonly<Record<string, string | undefined>>): string[] {
  return [
    "/run/podling/secrets",
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "podling/secrets")] : []),
    `/dev/shm/podling-${process.getuid?.() ?? 0}`,
  ];
}

/** It can be made and written, and belongs to this user alone: another user may have made a folder of this name in /dev/shm. */
function isUsable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

function isInMemory(folder: string): boolean {
  try {
    return memoryTypes.includes(Number(statfsSync(folder).type));
  } catch {
    return false;
  }
}
